//! The daemon's own log: for the journal, for a terminal, or as JSON.

use std::fmt;
use std::io::IsTerminal;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// golive's own doings; of the libraries only what is wrong.
const DEFAULT: &str = "warn,golive=info";

/// Begins to log to standard error. `GOLIVE_LOG` filters, `GOLIVE_LOG_FORMAT=json` writes JSON.
pub fn init() {
    let filter = EnvFilter::try_from_env("GOLIVE_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let json = std::env::var_os("GOLIVE_LOG_FORMAT").is_some_and(|format| format == "json");
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let color =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let begun = if json {
        base.json().try_init()
    } else if journal {
        base.with_ansi(false).event_format(Journal).try_init()
    } else {
        base.with_ansi(color).with_target(false).try_init()
    };
    if let Err(error) = begun {
        tracing::debug!(%error, "logging had begun already");
    }
}

/// One record per event, with its priority in front (`sd-daemon(3)`); the journal knows the time.
struct Journal;

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        let mut line = String::new();
        context.format_fields(Writer::new(&mut line), event)?;
        if let Some(scope) = context.event_scope() {
            for span in scope {
                if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                    line.push(' ');
                    line.push_str(fields);
                }
            }
        }
        // A line break would begin a record of its own, with a priority of somebody else's choice.
        let line: String = line.chars().flat_map(escaped).collect();
        writeln!(writer, "<{priority}>{line}")
    }
}

fn escaped(c: char) -> Box<dyn Iterator<Item = char>> {
    if c.is_control() { Box::new(c.escape_default()) } else { Box::new(std::iter::once(c)) }
}
