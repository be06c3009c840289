//! What was looked at, a line for each: items of an acceptance run and of a checklist.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

use super::CliError;
use super::show::{Mood, color, in_place, paint};
use crate::acceptance::junit;
use crate::config::acceptance::{Acceptance, Demand};
use crate::control::client::Client;
use crate::load::Progress;
use crate::model::acceptance::Verdict;
use crate::model::checklist::Standing;
use crate::model::figure::Figure;
use crate::text::english;
use crate::untrusted::harmless;

/// A line as each item ends.
pub(super) struct Lines {
    quiet: bool,
    color: bool,
    /// Of the groups, and of the names.
    widths: (usize, usize),
    /// Why nothing can be written any more.
    failed: Option<CliError>,
    meanwhile: Meanwhile,
}

/// How far something is that goes on for a while.
#[derive(Default)]
struct Meanwhile {
    /// It is shown in place.
    terminal: bool,
    /// It stands there.
    shown: bool,
    /// So many seconds of it were told.
    told: u64,
}

/// Where nothing can be shown in place, how far something is, is told every so many seconds.
const SELDOM: u64 = 5;
/// So wide is what is shown of it.
const BAR: usize = 30;
/// The daemon is asked so often whether it rolls back.
const ASKED: Duration = Duration::from_secs(1);
/// To the beginning of the line, and nothing on it.
const CLEAR: &str = "\r\x1b[2K";
/// A line that is longer than the terminal is wide is cut off at its edge, or goes on in the next one as usual.
const CUT: &str = "\x1b[?7l";
const WRAPPED: &str = "\x1b[?7h";

impl Lines {
    /// For items of these groups and names.
    pub(super) fn new<'a>(quiet: bool, names: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let wider =
            |(group, name): (usize, usize), (a, b): (&str, &str)| (group.max(a.len()), name.max(b.len()));
        let widths = names.fold((0, 0), wider);
        let terminal = in_place(&std::io::stdout());
        let color = color(&std::io::stdout());
        let meanwhile = Meanwhile { terminal, ..Meanwhile::default() };
        Self { quiet, color, widths, failed: None, meanwhile }
    }

    /// How far an item is that goes on for a while, every second.
    pub(super) fn progress(&mut self, (group, name): (&str, &str), progress: &Progress) {
        let Meanwhile { terminal, shown, told } = &mut self.meanwhile;
        *told += 1;
        if self.quiet || self.failed.is_some() || !(*terminal || told.is_multiple_of(SELDOM)) {
            return;
        }
        let ((wide, width), mut out) = (self.widths, std::io::stdout());
        let due = usize::try_from(progress.due).unwrap_or_default();
        let far = |places: usize| due * places / usize::try_from(progress.of).unwrap_or_default().max(1);
        let p95 = english().duration(Duration::try_from_secs_f64(progress.p95).unwrap_or_default());
        let (answered, failed) = (progress.answered, progress.failed);
        let seen = format!("{:>3} %, {answered} answered, {failed} failed, P95 {p95}", far(100));
        let line = harmless(&format!("{group:<wide$}  {name:<width$}  "));
        let written = if *terminal {
            let bar = "█".repeat(far(BAR)) + &"░".repeat(BAR.saturating_sub(far(BAR)));
            write!(out, "{CLEAR}{CUT}…        {line}{bar} {seen}{WRAPPED}").and_then(|()| out.flush())
        } else {
            writeln!(out, "…        {line}{seen}")
        };
        *shown = *terminal;
        self.failed = written.err().map(CliError::from);
    }

    /// How it went with an item of a group, by name, and what was seen.
    pub(super) fn tell(&mut self, standing: Standing, (group, name): (&str, &str), seen: &str) {
        if self.quiet || self.failed.is_some() {
            return;
        }
        let (word, mood) = match standing {
            Standing::Pass => ("pass", Mood::Good),
            Standing::Waived => ("waived", Mood::Uncertain),
            Standing::Open => ("open", Mood::Bad),
            Standing::NoData => ("no data", Mood::Uncertain),
            Standing::Fail => ("FAIL", Mood::Bad),
        };
        let ((wide, width), word) = (self.widths, format!("{word:<7}"));
        let line = harmless(&format!("{group:<wide$}  {name:<width$}  {seen}"));
        let clear = if std::mem::take(&mut self.meanwhile.shown) { CLEAR } else { "" };
        self.meanwhile.told = 0;
        let written =
            writeln!(std::io::stdout(), "{clear}{}  {}", paint(&word, mood, self.color), line.trim_end());
        self.failed = written.err().map(CliError::from);
    }

    pub(super) fn end(self) -> Result<(), CliError> {
        self.failed.map_or(Ok(()), Err)
    }
}

/// What was found stands so.
pub(super) fn standing(verdict: Verdict) -> Standing {
    match verdict {
        Verdict::Pass => Standing::Pass,
        Verdict::Fail => Standing::Fail,
        Verdict::NoData => Standing::NoData,
    }
}

/// Contract §1.
pub(super) fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::NoData => 3,
    }
}

/// What was seen, and the value against its limit.
pub(super) fn measured(figure: Option<Figure>, message: &str, took: Duration) -> String {
    match (figure.map(|figure| english().figure(figure)), message) {
        (Some(against), "") => against,
        (Some(against), message) => format!("{against}: {message}"),
        (None, "") => english().duration(took),
        (None, message) => message.to_owned(),
    }
}

/// A file for a CI server.
pub(super) fn write_junit(
    file: &Path,
    (verb, service): (&str, &str),
    cases: &[junit::Case<'_>],
) -> Result<(), CliError> {
    let written = junit::written(verb, service, cases).and_then(|text| std::fs::write(file, text));
    written.map_err(|error| CliError::Plain(format!("write {}: {error}", file.display())))
}

/// Whether the daemon rolls the service back, asked every second while there is a load among the items: where no daemon answers,
/// nobody does.
pub(super) fn rolls_back<'a>(
    client: Option<Client>,
    service: &str,
    mut items: impl Iterator<Item = &'a Acceptance>,
) -> watch::Receiver<bool> {
    let (tell, told) = watch::channel(false);
    let loaded = items.any(|item| matches!(item.demand, Demand::Load(_)));
    if let Some(client) = client.filter(|_| loaded) {
        let service = service.to_owned();
        tokio::spawn(async move {
            while !tell.is_closed() {
                let status = client.status(Some(&service)).await;
                let phase = status.ok().and_then(|status| Some(status.services.into_iter().next()?.phase));
                let back = phase.is_some_and(|phase| phase == "rolling-back" || phase == "verifying");
                tell.send_if_modified(|known| std::mem::replace(known, back) != back);
                tokio::time::sleep(ASKED).await;
            }
        });
    }
    told
}
