//! An empty WASI, for components of languages whose runtimes ask for one.
//!
//! It has no files, no arguments, no environment, no network and no standard streams; its clocks
//! stand still and its random numbers are zeros, so that the same bytes give the same records. What
//! a component imports of `wasi:` is read off its type, whatever the version: every function answers
//! with nothing (an empty list, no option, a closed stream), and traps where nothing is no answer.

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, Linker, Resource, ResourceType, Val};
use wasmtime::{AsContextMut, StoreContextMut};

use super::grant::Grant;

/// Zeros that are given at once.
const RANDOM: u64 = 1 << 20;

/// What stands for a stream, a pollable and the like.
struct Nothing;

/// Why a plugin was stopped.
#[derive(Debug, thiserror::Error)]
#[error("it called `{0}`, which the empty WASI does not have")]
struct Absent(String);

/// Whether an import is WASI's.
pub(super) fn is_wasi(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// Provides what the component imports of WASI.
///
/// # Errors
/// If what it imports under such a name is no interface of functions and resources.
pub(super) fn provide(linker: &mut Linker<Grant>, component: &Component) -> wasmtime::Result<()> {
    let engine = linker.engine().clone();
    for (interface, import) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
        if !is_wasi(interface) {
            continue;
        }
        let mut provided = linker.instance(interface)?;
        for (name, export) in instance.exports(&engine) {
            match export.ty {
                ComponentItem::ComponentFunc(_) => {
                    let function = format!("{interface}#{name}");
                    provided.func_new(name, move |store, ty, parameters, results| {
                        call(store, &function, &ty, parameters, results)
                    })?;
                }
                ComponentItem::Resource(_) => {
                    provided.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn call(
    mut store: StoreContextMut<'_, Grant>,
    function: &str,
    ty: &ComponentFunc,
    parameters: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    store.data_mut().count_call()?;
    // Whoever is handed a resource has to give it back.
    parameters.iter().try_for_each(|parameter| give_back(&mut store, parameter))?;
    let absent = || Absent(function.to_owned());
    if function.starts_with("wasi:cli/exit@") {
        return Err(absent().into());
    }
    for (result, ty) in results.iter_mut().zip(ty.results()) {
        *result = match (function.split('@').next().unwrap_or_default(), parameters) {
            ("wasi:random/random" | "wasi:random/insecure", [Val::U64(length)])
                if *length <= RANDOM =>
            {
                Val::List((0..*length).map(|_| Val::U8(0)).collect())
            }
            // Whatever is waited for has come: the end.
            ("wasi:io/poll", [Val::List(waiting)]) => {
                Val::List((0..).map(Val::U32).take(waiting.len()).collect())
            }
            ("wasi:io/poll", _) if matches!(ty, Type::Bool) => Val::Bool(true),
            ("wasi:random/random" | "wasi:random/insecure", [_, ..]) => return Err(absent().into()),
            _ => nothing(&mut store, &ty)?.ok_or_else(absent)?,
        };
    }
    Ok(())
}

fn give_back(store: &mut StoreContextMut<'_, Grant>, value: &Val) -> wasmtime::Result<()> {
    match value {
        Val::Resource(resource) => resource.resource_drop(store.as_context_mut()),
        Val::List(values) | Val::Tuple(values) => {
            values.iter().try_for_each(|value| give_back(store, value))
        }
        Val::Record(fields) => fields.iter().try_for_each(|(_, value)| give_back(store, value)),
        Val::Option(Some(value))
        | Val::Variant(_, Some(value))
        | Val::Result(Ok(Some(value)) | Err(Some(value))) => give_back(store, value),
        _ => Ok(()),
    }
}

/// The value of a type that says least, if it has one.
fn nothing(store: &mut StoreContextMut<'_, Grant>, ty: &Type) -> wasmtime::Result<Option<Val>> {
    Ok(Some(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::Float32 => Val::Float32(0.0),
        Type::Float64 => Val::Float64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::String(String::new()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Record(record) => {
            let mut fields = Vec::new();
            for field in record.fields() {
                let Some(value) = nothing(store, &field.ty)? else { return Ok(None) };
                fields.push((field.name.to_owned(), value));
            }
            Val::Record(fields)
        }
        Type::Tuple(tuple) => {
            let mut values = Vec::new();
            for ty in tuple.types() {
                let Some(value) = nothing(store, &ty)? else { return Ok(None) };
                values.push(value);
            }
            Val::Tuple(values)
        }
        Type::Result(result) => match result.err() {
            // A stream's: nothing comes, nothing is taken.
            Some(Type::Variant(error)) if error.cases().any(|case| case.name == "closed") => {
                let closed = Val::Variant("closed".to_owned(), None);
                Val::Result(Err(Some(Box::new(closed))))
            }
            _ => return Ok(None),
        },
        Type::Own(_) => {
            let resource = Resource::<Nothing>::new_own(0);
            Val::Resource(resource.try_into_resource_any(store.as_context_mut())?)
        }
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Linker;
    use wasmtime::{Engine, Store};

    use super::*;
    use crate::plugin::Limits;

    /// A component that asks WASI for all sorts of things, as the runtimes of languages do; each of
    /// its exports is a question.
    const CURIOUS: &str = r#"(component
        (import "wasi:cli/environment@0.2.3" (instance $environment
            (export "get-arguments" (func (result (list string))))
            (export "get-environment" (func (result (list (tuple string string)))))
            (export "initial-cwd" (func (result (option string))))))
        (import "wasi:cli/exit@0.2.3" (instance $exit
            (export "exit" (func (param "status" (result))))))
        (import "wasi:clocks/wall-clock@0.2.3" (instance $clock
            (type $datetime' (record (field "seconds" u64) (field "nanoseconds" u32)))
            (export "datetime" (type $datetime (eq $datetime')))
            (export "now" (func (result $datetime)))))
        (import "wasi:random/random@0.2.3" (instance $random
            (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
            (export "get-random-u64" (func (result u64)))))
        (import "wasi:io/streams@0.2.3" (instance $streams
            (export "output-stream" (type $output (sub resource)))
            (type $error' (variant (case "last-operation-failed" u32) (case "closed")))
            (export "stream-error" (type $error (eq $error')))
            (export "[method]output-stream.check-write"
                (func (param "self" (borrow $output)) (result (result u64 (error $error)))))))
        (alias export $streams "output-stream" (type $output))
        (import "wasi:cli/stderr@0.2.3" (instance $stderr
            (alias outer 1 $output (type $output'))
            (export "output-stream" (type $output (eq $output')))
            (export "get-stderr" (func (result (own $output))))))
        (import "wasi:sockets/tcp@0.2.3" (instance $sockets
            (type $code' (enum "unknown" "access-denied"))
            (export "error-code" (type $code (eq $code')))
            (export "create" (func (result (result u32 (error $code)))))))

        (core module $libc
            (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 1024))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                global.get $next
                (global.set $next (i32.add (global.get $next) (local.get 3)))))
        (core instance $libc (instantiate $libc))
        (alias core export $libc "memory" (core memory $memory))
        (alias core export $libc "realloc" (core func $realloc))

        (core func $arguments (canon lower (func $environment "get-arguments")
            (memory $memory) (realloc $realloc)))
        (core func $variables (canon lower (func $environment "get-environment")
            (memory $memory) (realloc $realloc)))
        (core func $cwd (canon lower (func $environment "initial-cwd")
            (memory $memory) (realloc $realloc)))
        (core func $exit' (canon lower (func $exit "exit")))
        (core func $now (canon lower (func $clock "now") (memory $memory)))
        (core func $bytes (canon lower (func $random "get-random-bytes")
            (memory $memory) (realloc $realloc)))
        (core func $number (canon lower (func $random "get-random-u64")))
        (core func $check (canon lower (func $streams "[method]output-stream.check-write")
            (memory $memory)))
        (core func $stderr' (canon lower (func $stderr "get-stderr")))
        (core func $drop (canon resource.drop $output))
        (core func $create (canon lower (func $sockets "create") (memory $memory)))

        (core module $main
            (import "libc" "memory" (memory 1))
            (import "wasi" "arguments" (func $arguments (param i32)))
            (import "wasi" "variables" (func $variables (param i32)))
            (import "wasi" "cwd" (func $cwd (param i32)))
            (import "wasi" "exit" (func $exit (param i32)))
            (import "wasi" "now" (func $now (param i32)))
            (import "wasi" "bytes" (func $bytes (param i64 i32)))
            (import "wasi" "number" (func $number (result i64)))
            (import "wasi" "check" (func $check (param i32 i32)))
            (import "wasi" "stderr" (func $stderr (result i32)))
            (import "wasi" "drop" (func $drop (param i32)))
            (import "wasi" "create" (func $create (param i32)))
            ;; The address is filled beforehand, so that an answer of zeros is one.
            (func $fill (memory.fill (i32.const 0) (i32.const 255) (i32.const 64)))
            (func (export "arguments") (result i64)
                call $fill (call $arguments (i32.const 0)) (i64.load32_u (i32.const 4)))
            (func (export "variables") (result i64)
                call $fill (call $variables (i32.const 0)) (i64.load32_u (i32.const 4)))
            (func (export "directory") (result i64)
                call $fill (call $cwd (i32.const 0)) (i64.load8_u (i32.const 0)))
            (func (export "seconds") (result i64)
                call $fill (call $now (i32.const 0)) (i64.load (i32.const 0)))
            (func (export "random-bytes") (result i64) (local $address i32)
                call $fill (call $bytes (i64.const 8) (i32.const 0))
                (local.set $address (i32.load (i32.const 0)))
                ;; Eight of them, all zero.
                (i64.add
                    (i64.load (local.get $address))
                    (i64.sub (i64.load32_u (i32.const 4)) (i64.const 8))))
            (func (export "too-many-random-bytes") (result i64)
                (call $bytes (i64.const 0x1_0000_0000) (i32.const 0)) (i64.const 0))
            (func (export "random-number") (result i64) call $number)
            (func (export "closed-stream") (result i64) (local $stream i32)
                call $fill
                (local.set $stream (call $stderr))
                (call $check (local.get $stream) (i32.const 0))
                (call $drop (local.get $stream))
                ;; An error, and of its cases the second.
                (i64.sub (i64.add
                    (i64.mul (i64.load8_u (i32.const 0)) (i64.const 2))
                    (i64.load8_u (i32.const 8))) (i64.const 3)))
            (func (export "socket") (result i64) (call $create (i32.const 0)) (i64.const 0))
            (func (export "leave") (result i64) (call $exit (i32.const 0)) (i64.const 0))
            (func (export "call-for-ever") (result i64)
                (loop (drop (call $number)) (br 0)) (i64.const 0)))
        (core instance $main (instantiate $main
            (with "libc" (instance $libc))
            (with "wasi" (instance
                (export "arguments" (func $arguments))
                (export "variables" (func $variables))
                (export "cwd" (func $cwd))
                (export "exit" (func $exit'))
                (export "now" (func $now))
                (export "bytes" (func $bytes))
                (export "number" (func $number))
                (export "check" (func $check))
                (export "stderr" (func $stderr'))
                (export "drop" (func $drop))
                (export "create" (func $create))))))
        EXPORTS
    )"#;

    /// What an export gives, or why it was stopped.
    fn ask(question: &str) -> Result<u64, String> {
        let export = format!(
            "(func (export \"{question}\") (result u64) (canon lift (core func $main \"{question}\")))"
        );
        let engine = Engine::default();
        let bytes = wat::parse_str(CURIOUS.replace("EXPORTS", &export)).expect("a component");
        let component = Component::from_binary(&engine, &bytes).expect("a component");
        let mut linker = Linker::new(&engine);
        provide(&mut linker, &component).expect("all is provided");
        let mut store = Store::new(&engine, Grant::new(&Limits::default(), None));
        let instance = linker.instantiate(&mut store, &component).expect("an instance");
        let question = instance.get_typed_func::<(), (u64,)>(&mut store, question);
        let answer = question.expect("a question").call(&mut store, ());
        answer.map(|(answer,)| answer).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn there_is_nothing_and_no_time_passes() {
        for question in [
            "arguments",
            "variables",
            "directory",
            "seconds",
            "random-bytes",
            "random-number",
            "closed-stream",
        ] {
            assert_eq!(ask(question), Ok(0), "{question}");
        }
    }

    #[test]
    fn what_cannot_be_nothing_stops_the_plugin() {
        for (question, function) in [
            ("socket", "wasi:sockets/tcp@0.2.3#create"),
            ("leave", "wasi:cli/exit@0.2.3#exit"),
            ("too-many-random-bytes", "wasi:random/random@0.2.3#get-random-bytes"),
        ] {
            let stopped = ask(question).expect_err("it is stopped");
            let sentence = format!("it called `{function}`, which the empty WASI does not have");
            assert!(stopped.contains(&sentence), "{stopped}");
        }
    }

    #[test]
    fn calls_are_counted() {
        assert!(ask("call-for-ever").is_err_and(|stopped| stopped.contains("a limit was reached")));
    }
}
