//! `golive backtest`

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::show::{print_json, table};
use super::{CliError, Context, story, tools};
use crate::clock::Clock;
use crate::config::{self, Config, Query, Service};
use crate::model::reason::{Blame, Reason};
use crate::probe::prometheus::{Fault, Meter, Recall, Server, Servers};
use crate::replay::past::{BEFORE, Placebo, Tape};
use crate::replay::{self, Decided, longest};
use crate::store::recording::Recording;
use crate::text::Texts;

mod moment;

use moment::moment;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The past comes from Prometheus: one placebo watch follows the other, as if there had been a release every window, each
with the hour before it as what was normal, and an `anomaly` with all of the metric's history before it. What Prometheus
does not know is left out and said: health counts as passing, and neither the host nor a service's own exposition is
judged. With --release, or --file as written by `golive explain --export`, one recorded release is judged again by
today's rules, beside what was done then; an `anomaly` by what was learnt then.

Times: 2026-03-01, 2026-03-01T12:00:00Z, 30d (ago), now.

Examples:
  golive backtest shop --from 30d --step 15s   how often would golive have acted in the last month?
  golive backtest --release shop-20260301T120000123")]
pub(super) struct Arguments {
    /// The service
    #[arg(required_unless_present_any = ["release", "file"])]
    service: Option<String>,
    /// Where the past begins
    #[arg(long, value_name = "TIME", required_unless_present_any = ["release", "file"])]
    from: Option<String>,
    /// Where it ends
    #[arg(long, value_name = "TIME", default_value = "now")]
    to: String,
    /// One reading every so long
    #[arg(long, value_name = "DURATION", default_value = "15s")]
    step: String,
    /// A recorded release instead
    #[arg(long, value_name = "RELEASE", conflicts_with_all = ["service", "from", "file"])]
    release: Option<String>,
    /// A recorded release that was exported
    #[arg(long, value_name = "FILE", conflicts_with_all = ["service", "from"])]
    file: Option<PathBuf>,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    match (&arguments.file, &arguments.release) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| CliError::Plain(format!("read {}: {error}", file.display())))?;
            let recording = Recording::read(&text)
                .map_err(|why| CliError::Plain(format!("{}: {why}", file.display())))?;
            again(&recording, arguments, &Texts::new(config::Language::English, None))
        }
        (None, Some(release)) => {
            let recording = story::recording(Some(release), context)?;
            let texts = Texts::new(config::Language::English, context.config()?.timezone);
            again(&recording, arguments, &texts)
        }
        (None, None) => past(arguments, &context.config()?).await,
    }
}

/// A recorded release by the rules that it carries, which are today's for one from the store.
fn again(recording: &Recording, arguments: &Arguments, texts: &Texts) -> Result<u8, CliError> {
    let decided = replay::again(recording);
    if arguments.json {
        let now: Vec<_> = decided.iter().map(|one| drawn(one, texts)).collect();
        print_json(&json!({"release": recording.release, "now": now, "then": recording.decided}))?;
        return Ok(0);
    }
    let mut out = std::io::stdout();
    writeln!(out, "{}\n\nThen:", recording.release)?;
    for (at, what) in &recording.decided {
        writeln!(out, "  {}  {what}", texts.time(*at))?;
    }
    writeln!(out, "\nBy these rules:")?;
    for one in &decided {
        writeln!(out, "  {}  {}{}", texts.time(one.at), one.what, because(one, texts))?;
    }
    Ok(0)
}

async fn past(arguments: &Arguments, config: &Config) -> Result<u8, CliError> {
    let name = arguments.service.as_deref().unwrap_or_default();
    let service = config.services.get(name).ok_or_else(|| {
        let known: Vec<&str> = config.services.keys().map(String::as_str).collect();
        CliError::Usage(format!("there is no service {name}; services: {}", known.join(", ")))
    })?;
    if config.prometheus.is_empty() {
        let why = "no [prometheus] is configured, and nothing else knows the past".to_owned();
        return Err(CliError::Usage(why));
    }
    let texts = Texts::new(config::Language::English, config.timezone.clone());
    let now = Clock::start().now();
    let wrong = |why: String| CliError::Usage(why);
    let from = moment(arguments.from.as_deref().unwrap_or_default(), now).map_err(wrong)?;
    let to = moment(&arguments.to, now).map_err(wrong)?;
    let step = config::duration(&arguments.step);
    let step = step.ok_or_else(|| CliError::Usage("--step is no duration: write 15s, say".to_owned()))?;
    if from >= to {
        return Err(CliError::Usage("--from is not before --to".to_owned()));
    }
    let window = service.policy.window;
    if Duration::try_from(to.duration_since(from)).unwrap_or_default() < window {
        let window = texts.duration(window);
        return Err(CliError::Usage(format!(
            "not one watch of {window} fits between --from and --to: there is nothing to try the rules on"
        )));
    }
    if step < Duration::from_secs(1) || step > window / 4 {
        return Err(CliError::Usage(
            "--step is between a second and a quarter of the watch's window".to_owned(),
        ));
    }
    let (_, tools) = tools(config)?;
    let servers = Servers::new(&config.prometheus, &tools);
    let mut walk = Walk::new(name, service, &servers, (from, to), step)?;
    let mut placebos = Vec::new();
    walk.learn(&servers).await?;
    while let Some(placebo) = walk.next().await? {
        placebos.push(placebo);
        walk.progress(placebos.len());
    }
    walk.end();
    report(&placebos, &walk, arguments, &texts)
}

/// The past of one service, window by window.
struct Walk<'a> {
    name: &'a str,
    service: &'a Service,
    /// Each with whom to ask, and up to when it is known.
    streams: Vec<(Recall, Arc<Server>, Timestamp)>,
    tape: Tape,
    next: Timestamp,
    from: Timestamp,
    to: Timestamp,
    left_out: Vec<String>,
    shows: bool,
}

impl<'a> Walk<'a> {
    fn new(
        name: &'a str,
        service: &'a Service,
        servers: &Servers,
        (from, to): (Timestamp, Timestamp),
        step: Duration,
    ) -> Result<Self, CliError> {
        let first = from.checked_sub(BEFORE).unwrap_or(Timestamp::MIN);
        let mut left_out = vec!["health (counts as passing)".to_owned()];
        let mut streams = Vec::new();
        for measured in &service.measured {
            match Meter::recall(measured, first, to, step).zip(servers.of(measured)) {
                Some((recall, server)) => streams.push((recall, Arc::clone(server), first)),
                None => left_out.push(measured.stream.trigger().to_owned()),
            }
        }
        if streams.is_empty() {
            let why = format!("nothing of {name} is measured by Prometheus: give its triggers a query");
            return Err(CliError::Usage(why));
        }
        let shows = std::io::stderr().is_terminal();
        Ok(Self { name, service, streams, tape: Tape::default(), next: from, from, to, left_out, shows })
    }

    /// The history of every metric that is judged by it.
    async fn learn(&mut self, servers: &Servers) -> Result<(), CliError> {
        for measured in &self.service.measured {
            let Query::Seasonal { query, history } = &measured.query else { continue };
            let Some(server) = servers.of(measured) else { continue };
            let from = self.from.checked_sub(*history).unwrap_or(Timestamp::MIN);
            let values = server.history(query, from, self.to).await.map_err(untold)?;
            self.tape.know(measured.stream.trigger(), *history, from, values);
        }
        Ok(())
    }

    /// The next placebo watch; `None` when none fits in any more.
    async fn next(&mut self) -> Result<Option<Placebo>, CliError> {
        let policy = &self.service.policy;
        let began = self.next;
        let over = began.checked_add(policy.window).unwrap_or(Timestamp::MAX);
        if over > self.to {
            return Ok(None);
        }
        let last = began.checked_add(longest(policy)).unwrap_or(Timestamp::MAX).min(self.to);
        self.fetch(last).await?;
        self.tape.drop_before(began.checked_sub(BEFORE).unwrap_or(Timestamp::MIN));
        self.next = over;
        Ok(Some(self.tape.watch(self.name, policy, began, last)))
    }

    /// Every stream is known up to there.
    async fn fetch(&mut self, last: Timestamp) -> Result<(), CliError> {
        for (recall, server, known) in &mut self.streams {
            while *known < last {
                let Some(piece) = recall.next(server).await else { break };
                let piece = piece.map_err(untold)?;
                *known = piece.last().map_or(last, |reading| reading.at);
                self.tape.add(piece);
            }
        }
        Ok(())
    }

    fn progress(&self, watches: usize) {
        if !self.shows || !watches.is_multiple_of(16) {
            return;
        }
        let part = |at: Timestamp| at.duration_since(self.from).as_secs_f64();
        let done = 100.0 * part(self.next) / part(self.to).max(1.0);
        let _ = write!(std::io::stderr(), "\r{done:>3.0} %, {watches} watches");
    }

    fn end(&self) {
        if self.shows {
            let _ = write!(std::io::stderr(), "\r{:30}\r", "");
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error is handed on")]
fn untold(fault: Fault) -> CliError {
    CliError::Plain(format!("Prometheus does not tell the past: {fault}"))
}

fn report(
    placebos: &[Placebo],
    walk: &Walk<'_>,
    arguments: &Arguments,
    texts: &Texts,
) -> Result<u8, CliError> {
    let outcomes = ["accepted", "accepted, unproved", "rolling-back", "held", "undecided"];
    let count = |outcome: &str| placebos.iter().filter(|one| one.outcome() == outcome).count();
    let told = placebos.iter().flat_map(|one| one.decided.iter().map(move |decided| (one, decided)));
    let told: Vec<_> = told.filter(|(_, decided)| decided.what != "accepted").collect();
    if arguments.json {
        let watches: Vec<_> = placebos
            .iter()
            .map(|one| {
                let decided: Vec<_> = one.decided.iter().map(|one| drawn(one, texts)).collect();
                json!({"started_at": one.began.to_string(), "outcome": one.outcome(), "decided": decided})
            })
            .collect();
        print_json(&json!({"service": walk.name, "left_out": walk.left_out, "watches": watches}))?;
        return Ok(0);
    }
    let mut out = std::io::stdout();
    let window = texts.duration(walk.service.policy.window);
    writeln!(
        out,
        "{} placebo watches of {window} each, as if a release had come at the beginning of each:",
        placebos.len()
    )?;
    for outcome in outcomes {
        writeln!(out, "  {:>7}  {outcome}", count(outcome))?;
    }
    writeln!(out, "Left out, as Prometheus does not know it: {}.", walk.left_out.join(", "))?;
    if !told.is_empty() {
        let row = |(one, decided): &(&Placebo, &Decided)| {
            vec![
                texts.time(one.began),
                texts.time(decided.at),
                decided.what.to_owned(),
                reason(decided, texts),
            ]
        };
        let rows: Vec<Vec<String>> = told.iter().map(row).collect();
        writeln!(out)?;
        out.write_all(table(&["RELEASE AT", "AT", "WHAT", "WHY"], &rows).as_bytes())?;
    }
    Ok(0)
}

fn drawn(one: &Decided, texts: &Texts) -> serde_json::Value {
    json!({
        "at": one.at.to_string(), "what": one.what, "why": one.why.as_ref().map(|why| texts.reason(why)),
        "blame": one.blame.as_ref().map(Blame::into_str),
    })
}

fn because(one: &Decided, texts: &Texts) -> String {
    let why = reason(one, texts);
    if why.is_empty() { why } else { format!(": {why}") }
}

fn reason(one: &Decided, texts: &Texts) -> String {
    one.why.as_ref().map(|why: &Reason| texts.reason(why)).unwrap_or_default()
}
