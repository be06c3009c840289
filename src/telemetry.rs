//! The daemon's own log: for the journal, for people, or as JSON.
//!
//! What services, engines and mail servers said is part of it, so one event is one line of a bounded length, and
//! nothing in it can start a record of its own or drive a terminal.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::untrusted::escaped;

mod json;

use json::Json;

/// Longer lines are cut; the journal would cut them too, and take the rest for a record of its own.
const LINE_MAX: usize = 8 * 1024;

/// Begins to log to standard error. `GOLIVE_LOG` filters, `GOLIVE_LOG_FORMAT=json` writes JSON.
pub fn init() {
    let (filter, ignored) = filter(std::env::var("GOLIVE_LOG").ok().as_deref());
    // A log that cannot be written is nobody's emergency: telling standard error of it would end the process.
    let base = tracing_subscriber::fmt::layer().log_internal_errors(false).with_writer(std::io::stderr);
    let log = tracing_subscriber::registry().with(filter);
    let json = std::env::var_os("GOLIVE_LOG_FORMAT").is_some_and(|format| format == "json");
    let begun = if json {
        let format = Json { journal: is_journal(&std::io::stderr()) };
        log.with(base.fmt_fields(JsonFields::new()).event_format(format)).try_init()
    } else {
        log.with(base.with_ansi(false).event_format(Lines::of_stderr())).try_init()
    };
    if let Err(error) = begun {
        tracing::debug!(%error, "logging had begun already");
    }
    if let Some(why) = ignored {
        tracing::warn!("GOLIVE_LOG is ignored: {why}");
    }
}

fn filter(wanted: Option<&str>) -> (Targets, Option<String>) {
    // golive's own doings; of the libraries only what is wrong.
    let default = || Targets::new().with_default(Level::WARN).with_target("golive", Level::INFO);
    match wanted.filter(|wanted| !wanted.trim().is_empty()).map(str::parse) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (default(), Some(format!("{error}"))),
        None => (default(), None),
    }
}

/// One line per event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// With the priority in front (`sd-daemon(3)`); the journal knows the time.
    Journal,
    /// With time and level.
    People {
        /// The level is coloured.
        color: bool,
    },
}

impl Lines {
    fn of_stderr() -> Self {
        let stderr = std::io::stderr();
        if is_journal(&stderr) {
            return Self::Journal;
        }
        let plain = std::env::var_os("NO_COLOR").is_some_and(|no| !no.is_empty());
        Self::People { color: stderr.is_terminal() && !plain }
    }

    fn start(self, writer: &mut Writer<'_>, level: Level) -> fmt::Result {
        let (word, color) = match level {
            Level::ERROR => ("ERROR", 31),
            Level::WARN => ("WARN ", 33),
            Level::INFO => ("INFO ", 32),
            Level::DEBUG => ("DEBUG", 34),
            Level::TRACE => ("TRACE", 35),
        };
        let color = match self {
            Self::Journal => return write!(writer, "<{}>", priority(level)),
            Self::People { color: on } => on.then_some(color),
        };
        SystemTime.format_time(writer)?;
        match color {
            Some(color) => write!(writer, " \x1b[{color}m{word}\x1b[0m "),
            None => write!(writer, " {word} "),
        }
    }
}

/// As syslog counts.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

fn is_journal(file: &impl AsFd) -> bool {
    std::env::var("JOURNAL_STREAM").is_ok_and(|stream| is_stream(file, &stream))
}

/// Whether a file is the journal's stream, `device:inode` (`systemd.exec(5)`). The variable alone says little: it is
/// inherited by everything that a unit starts, whose standard error may go elsewhere.
fn is_stream(file: &impl AsFd, stream: &str) -> bool {
    let own = file.as_fd().try_clone_to_owned().and_then(|fd| File::from(fd).metadata());
    own.is_ok_and(|own| format!("{}:{}", own.dev(), own.ino()) == stream)
}

impl<S, N> FormatEvent<S, N> for Lines
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
        let mut line = String::new();
        context.format_fields(Writer::new(&mut line), event)?;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                write!(line, " {fields}")?;
            }
        }
        self.start(&mut writer, *event.metadata().level())?;
        writeln!(writer, "{}", escaped(&line, LINE_MAX))
    }
}

#[cfg(test)]
mod tests;
