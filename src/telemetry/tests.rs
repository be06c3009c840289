use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// Set in the process that logs for a test.
const CHILD: &str = "GOLIVE_TEST_LOG";

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Buffer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn logged(lines: Lines, log: impl FnOnce()) -> String {
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).event_format(lines);
    written(|buffer| layer.with_writer(buffer), log)
}

fn logged_json(journal: bool, log: impl FnOnce()) -> String {
    let layer = tracing_subscriber::fmt::layer().fmt_fields(JsonFields::new()).event_format(Json { journal });
    written(|buffer| layer.with_writer(buffer), log)
}

fn written<L>(layer: impl FnOnce(Buffer) -> L, log: impl FnOnce()) -> String
where
    L: tracing_subscriber::Layer<tracing_subscriber::layer::Layered<Targets, tracing_subscriber::Registry>>
        + Send
        + Sync,
{
    let buffer = Buffer::default();
    let layer = layer(buffer.clone());
    let subscriber = tracing_subscriber::registry().with(filter(None).0).with(layer);
    tracing::subscriber::with_default(subscriber, log);
    String::from_utf8(std::mem::take(&mut buffer.0.lock().unwrap())).unwrap()
}

#[test]
fn the_journal_gets_one_record_per_event() {
    let said = logged(Lines::Journal, || {
        tracing::error!("broken");
        tracing::warn!(service = "api", "odd");
        tracing::info!(said = "ok\n<0>panic\r\0\x1b[31m\u{2028}", "heard");
        tracing::info!(said = %"ok\n<0>panic\r\0\x1b[31m\u{2028}", "heard");
        let _span = tracing::info_span!("watch", said = %"a\nb").entered();
        tracing::info!("in a\nspan");
        tracing::debug!("not told");
    });
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    assert_eq!(lines[0], "<3>broken");
    assert_eq!(lines[1], "<4>odd service=\"api\"");
    assert!(lines[2].starts_with("<6>heard said=\"ok\\n<0>panic"), "{said}");
    assert!(lines[3].starts_with("<6>heard said=ok\\n<0>panic\\r\\u{0}"), "{said}");
    assert_eq!(lines[4], "<6>in a\\nspan said=a\\nb");
}

#[test]
fn json_is_one_bounded_record_per_event_too() {
    let hostile = "<0>panic\n\u{1b}[2J\u{202e}\u{e0041}\"\\".repeat(5000);
    let said = logged_json(true, || {
        tracing::error!(said = hostile, count = 3, "broken");
        tracing::warn!(said = %hostile, ok = true, "odd");
        let _span = tracing::info_span!("watch", said = %hostile).entered();
        tracing::info!("in a\nspan");
    });
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    for (line, (priority, level)) in lines.iter().zip([("<3>", "ERROR"), ("<4>", "WARN"), ("<6>", "INFO")]) {
        assert!(line.len() <= LINE_MAX + 3, "{} bytes", line.len());
        assert!(!line.contains(crate::untrusted::acts), "{line}");
        let record: serde_json::Value = serde_json::from_str(line.strip_prefix(priority).unwrap()).unwrap();
        assert_eq!(record["level"], level);
        let said = if level == "INFO" { &record["spans"][0]["said"] } else { &record["fields"]["said"] };
        assert!(
            said.as_str().unwrap().starts_with("<0>panic\n\u{1b}[2J\u{202e}\u{e0041}\"\\<0>"),
            "{record}"
        );
    }
    assert!(logged_json(false, || tracing::info!("heard")).starts_with('{'));
}

#[test]
fn people_get_time_and_level() {
    let plain = logged(Lines::People { color: false }, || tracing::warn!("odd\x1b[2J"));
    let (time, rest) = plain.split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{plain}");
    assert!(rest.starts_with("WARN  odd") && !plain.contains('\x1b'), "{plain}");
    let color = logged(Lines::People { color: true }, || tracing::warn!("odd\x1b[2J"));
    assert!(color.contains(" \x1b[33mWARN \x1b[0m odd") && !color.contains("\x1b[2J"), "{color}");
}

#[test]
fn of_libraries_only_what_is_wrong_is_told() {
    let said = logged(Lines::Journal, || {
        tracing::info!(target: "hyper::client", "chatter");
        tracing::warn!(target: "hyper::client", "trouble");
    });
    assert_eq!(said, "<4>trouble\n");
}

#[test]
fn a_long_line_is_cut() {
    let line = escaped(&"é".repeat(100_000), LINE_MAX);
    assert!(line.len() < LINE_MAX + 8 && line.ends_with("é…"));
}

#[test]
fn a_filter_that_makes_no_sense_is_ignored_aloud() {
    assert!(filter(Some("golive=debug,hyper=trace")).1.is_none());
    assert!(filter(Some(" ")).1.is_none());
    let (used, why) = filter(Some("golive=loud"));
    assert_eq!(used.to_string(), filter(None).0.to_string());
    assert!(why.is_some());
}

#[test]
fn the_journal_is_known_by_its_stream() {
    let (file, other) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let own = file.metadata().unwrap();
    let stream = format!("{}:{}", own.dev(), own.ino());
    assert!(is_stream(&file, &stream));
    assert!(!is_stream(&other, &stream));
    assert!(!is_stream(&file, ""));
}

/// Does something only in a process that another test has started.
#[test]
fn log() {
    if std::env::var_os(CHILD).is_some() {
        init();
        for count in 0..10 {
            tracing::info!(count, "logged\nhere");
        }
    }
}

fn child() -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "telemetry::tests::log", "--nocapture"])
        .env(CHILD, "1")
        .env_remove("JOURNAL_STREAM");
    child.env_remove("GOLIVE_LOG").env_remove("GOLIVE_LOG_FORMAT").stdin(Stdio::null()).process_group(0);
    child
}

#[test]
fn the_environment_chooses_the_format() {
    let stderr = |child: &mut Command| String::from_utf8(child.output().unwrap().stderr).unwrap();
    let plain = stderr(&mut child());
    assert_eq!(plain.matches("INFO  logged\\nhere count=").count(), 10, "{plain}");
    let json = stderr(child().env("GOLIVE_LOG_FORMAT", "json"));
    let records = json.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert!(records.map(|record| record["fields"]["message"].clone()).eq(vec!["logged\nhere"; 10]));
    let quiet = stderr(child().env("GOLIVE_LOG", "off"));
    assert_eq!(quiet, "");
    let odd = stderr(child().env("GOLIVE_LOG", "golive=loud"));
    assert!(odd.contains("WARN  GOLIVE_LOG is ignored: "), "{odd}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let own = file.as_file().metadata().unwrap();
    let mut journal = child();
    journal.env("JOURNAL_STREAM", format!("{}:{}", own.dev(), own.ino()));
    journal.stdout(Stdio::null()).stderr(file.reopen().unwrap());
    assert!(journal.status().unwrap().success());
    let journal = std::fs::read_to_string(file.path()).unwrap();
    assert!(journal.starts_with("<6>logged\\nhere count=0\n<6>"), "{journal}");
}

#[test]
fn a_log_that_nobody_reads_ends_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert!(child().stdout(Stdio::null()).stderr(writer).status().unwrap().success());
}
