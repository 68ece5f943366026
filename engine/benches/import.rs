//! What imports and searches cost: an invented archive of about 10 MB, with the plugins that ship.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lore_engine::api::{ImportRequest, Places, Request, SearchRequest, SessionFilter};
use lore_engine::model::{MachineId, Timestamp};
use lore_engine::plugin::Limits;
use lore_engine::store::Access;
use lore_engine::{Component, Engine, Layout, Options};
use tempfile::TempDir;

const SESSIONS: u64 = 40;
const MESSAGES: u64 = 400;

/// Words of a vocabulary in which few are frequent and many are rare, by a fixed sequence.
fn words(seed: u64, count: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    for _ in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let random = state >> 33;
        let _ = write!(text, "word{} ", random % (1 << (random % 14)));
    }
    text
}

/// Sessions of Claude Code below `home`; returns their bytes.
fn write_archive(home: &Path) -> u64 {
    let directory = home.join(".claude/projects/-home-ada-kite");
    fs::create_dir_all(&directory).unwrap();
    let mut bytes = 0;
    for session in 0..SESSIONS {
        let id = format!("{session:08x}-1111-4111-8111-111111111111");
        let mut file = String::new();
        for message in 0..MESSAGES {
            let said = words(session * MESSAGES + message, 60);
            let (hour, minute, second) = (message / 60 / 60, message / 60 % 60, message % 60);
            let (role, content) = if message % 2 == 0 {
                ("user", format!("\"{said}\""))
            } else {
                ("assistant", format!("[{{\"type\":\"text\",\"text\":\"{said} retry loop\"}}]"))
            };
            let _ = writeln!(
                file,
                "{{\"type\":\"{role}\",\"uuid\":\"{session}-{message}\",\"sessionId\":\"{id}\",\
                 \"timestamp\":\"2026-03-01T{hour:02}:{minute:02}:{second:02}.000Z\",\
                 \"cwd\":\"/home/ada/kite\",\"gitBranch\":\"main\",\"version\":\"2.1.4\",\
                 \"message\":{{\"role\":\"{role}\",\"content\":{content}}}}}"
            );
        }
        bytes += file.len() as u64;
        fs::write(directory.join(format!("{id}.jsonl")), file).unwrap();
    }
    bytes
}

fn component() -> Component {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
    let dist = std::env::var_os("LORE_DIST").map_or(beside, PathBuf::from);
    let bytes = fs::read(dist.join("claude-code.wasm")).unwrap();
    Component {
        name: "claude-code".to_owned(),
        bytes: Cow::Owned(bytes),
        known: None,
        built_in: true,
    }
}

fn open(root: &Path, component: &Component) -> Engine {
    let options = Options {
        layout: Layout::new(root),
        machine: MachineId(uuid::Uuid::from_u128(7)),
        plugins: vec![component.clone()],
        limits: Limits::default(),
        now: || Timestamp(1_772_500_000_000),
        workers: 2,
        git_config: Vec::new(),
        session_idle_minutes: 30,
    };
    Engine::open(options, Access::Write, &mut |_| {}).unwrap()
}

fn ask(engine: &Engine, request: &Request) {
    black_box(engine.handle(request.clone(), &mut |_| {}).unwrap());
}

fn benchmarks(criterion: &mut Criterion) {
    let home = tempfile::tempdir().unwrap();
    let bytes = write_archive(home.path());
    let component = component();
    let import = Request::Import(ImportRequest {
        places: Places {
            home: Some(home.path().to_owned()),
            os: "linux".to_owned(),
            ..Places::default()
        },
        ..ImportRequest::default()
    });
    let search = |query: &str| {
        let query = query.to_owned();
        Request::Search(SearchRequest { query, limit: 20, ..SearchRequest::default() })
    };

    let mut cold = criterion.benchmark_group("cold");
    cold.sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .throughput(Throughput::Bytes(bytes));
    cold.bench_function("import", |bench| {
        let fresh = || -> (TempDir, Engine) {
            let root = tempfile::tempdir().unwrap();
            let engine = open(root.path(), &component);
            // The plugin is compiled once for each archive, which is not measured here.
            let nothing =
                ImportRequest { paths: vec![root.path().join("cache")], ..Default::default() };
            ask(&engine, &Request::Import(nothing));
            (root, engine)
        };
        bench.iter_batched(
            fresh,
            |fresh| {
                ask(&fresh.1, &import);
                fresh
            },
            BatchSize::PerIteration,
        );
    });
    cold.finish();

    let root = tempfile::tempdir().unwrap();
    let engine = open(root.path(), &component);
    ask(&engine, &import);
    let mut warm = criterion.benchmark_group("warm");
    warm.sample_size(20).measurement_time(Duration::from_secs(2));
    let sessions = Request::Sessions(SessionFilter { limit: 20, ..SessionFilter::default() });
    for (name, request) in [
        ("import again", &import),
        ("search a word", &search("word77")),
        ("search a phrase", &search("\"retry loop\"")),
        ("list sessions", &sessions),
    ] {
        warm.bench_function(name, |bench| bench.iter(|| ask(&engine, request)));
    }
    drop(engine);
    warm.bench_function("open", |bench| bench.iter(|| black_box(open(root.path(), &component))));
    warm.finish();
}

criterion_group!(all, benchmarks);
criterion_main!(all);
