//! `lore plugin test`: runs a plugin's fixtures natively and through its component.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lore_engine::plugin::{Limits, PluginInfo};
use serde_json::json;

use super::Context;
use super::component::{examine, refused};
use crate::error::CliError;
use crate::output::number::{bytes, count, grouped};
use crate::output::table::Table;
use crate::output::{BAD, DIM, Format, GOOD, HEADING, plain};
use crate::plugin_build::{Request, build};
use crate::plugin_test::{self, Native, Peak, TestError, Tested};

/// Bytes of a batch that the contract asks for at most.
const BATCH: u64 = 4 << 20;

impl From<TestError> for CliError {
    fn from(error: TestError) -> Self {
        Self::from_error(&error)
    }
}

/// Tests the component in a file, or the one that a crate makes.
pub(super) fn run(
    context: &mut Context,
    subject: &Path,
    fixtures: Option<PathBuf>,
    bless: bool,
    format: Format,
) -> Result<(), CliError> {
    let quiet = format == Format::Json;
    let is_crate = subject.is_dir();
    let fixtures = match fixtures {
        Some(fixtures) => fixtures,
        None if is_crate => subject.join("fixtures"),
        None => {
            let error = CliError::usage(format!("`{}` is tested with what?", subject.display()));
            return Err(error.with_hint("`--fixtures DIR` names its cases"));
        }
    };
    let file = match is_crate {
        true => {
            let request = Request { crate_dir: subject, out: None, reference: false, quiet };
            build(request)?.path
        }
        false => subject.to_owned(),
    };
    let plugin = examine(&file)?.plugin.map_err(|error| refused(&file, &error))?;
    let tested = plugin_test::run(&plugin, &fixtures, bless)?;
    // After the component, so that a crate's own test finds what was blessed.
    let native = if is_crate { Some(plugin_test::native(subject, quiet)?) } else { None };
    let ok = tested.ok() && native.as_ref().is_none_or(|native| native.ok);
    match format {
        Format::Json => as_json(context, plugin.info(), native.as_ref(), &tested, ok)?,
        Format::Text => as_text(context, plugin.info(), native.as_ref(), &tested)?,
    }
    match ok {
        true => Ok(()),
        false => Err(CliError::new(format!("the plugin `{}` fails its tests", plugin.info().tool))),
    }
}

fn as_text(
    context: &mut Context,
    info: &PluginInfo,
    native: Option<&Native>,
    tested: &Tested,
) -> Result<(), CliError> {
    let output = &mut context.output;
    let (tool, version) = (plain(&info.tool), plain(&info.version));
    writeln!(output, "{HEADING}{tool} {version}{HEADING:#}")?;
    let mut verdict = |ok: bool, name: &str, about: String| match ok {
        true => writeln!(output, "  {GOOD}ok{GOOD:#}      {}  {DIM}{about}{DIM:#}", plain(name)),
        false => writeln!(output, "  {BAD}FAILED{BAD:#}  {}  {DIM}{about}{DIM:#}", plain(name)),
    };
    for case in &tested.cases {
        let readings = grouped(case.readings);
        let about = format!("{}, read {readings} times", count(case.sources, "source"));
        verdict(case.failures.is_empty(), &case.name, about)?;
    }
    if let Some(native) = native {
        verdict(native.ok, "cargo test", "outside the sandbox".to_owned())?;
    }
    let failures = tested.cases.iter().flat_map(|case| {
        case.failures.iter().map(move |failure| format!("{}: {failure}", case.name))
    });
    let printed = native.filter(|native| !native.ok).map(|native| native.output.clone());
    for failure in failures.chain(printed) {
        writeln!(output, "\n{}", plain(failure.trim_end()))?;
    }
    writeln!(output)?;
    Ok(used(&tested.peak).write(output)?)
}

/// What the readings took, and what they may take.
fn used(peak: &Peak) -> Table<4> {
    let limits = Limits::default();
    let mut table = Table::with_headings(["", "USED", "LIMIT", ""]).right(1).right(2).indent(2);
    let mut row = |name: &str, used: String, limit: String, about: &str| {
        table.row([name.to_owned(), used, limit, about.to_owned()]);
    };
    row("Memory", bytes(peak.memory as u64), bytes(limits.memory as u64), "");
    row("Time for a batch", time(peak.batch_time), time(limits.deadline), "");
    let large = "more than a batch should have: return it earlier";
    let about = if peak.batch_bytes as u64 > BATCH { large } else { "" };
    row("Size of a batch", bytes(peak.batch_bytes as u64), bytes(limits.batch as u64), about);
    let calls = (grouped(peak.calls.into()), grouped(limits.calls.into()));
    row("Calls for a batch", calls.0, calls.1, "");
    table
}

fn time(time: Duration) -> String {
    format!("{} ms", grouped(time.as_millis().try_into().unwrap_or(u64::MAX)))
}

fn as_json(
    context: &mut Context,
    info: &PluginInfo,
    native: Option<&Native>,
    tested: &Tested,
    ok: bool,
) -> Result<(), CliError> {
    let cases = tested.cases.iter().map(|case| {
        json!({
            "name": case.name,
            "ok": case.failures.is_empty(),
            "sources": case.sources,
            "readings": case.readings,
            "failures": case.failures,
        })
    });
    let Peak { memory, calls, batch_time, batch_bytes } = tested.peak;
    context.output.json(&json!({
        "tool": info.tool,
        "version": info.version,
        "ok": ok,
        "native": native.map(|native| json!({ "ok": native.ok, "output": native.output })),
        "cases": cases.collect::<Vec<_>>(),
        "used": {
            "memory_bytes": memory,
            "batch_milliseconds": u64::try_from(batch_time.as_millis()).unwrap_or(u64::MAX),
            "batch_bytes": batch_bytes,
            "batch_calls": calls,
        },
    }))
}
