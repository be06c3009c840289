//! `golive notify test`

use std::io::Write as _;

use clap::ValueEnum;
use jiff::Timestamp;

use crate::cli::show::{Mood, color, paint};
use crate::cli::{CliError, Context};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::client::Client;
use crate::control::wire::TestResultBody;
use crate::model::event::Address;
use crate::model::notice::{News, Notice, Place, Tier};
use crate::notify::{Envelope, Notifier};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Delivered from here, so no daemon need run, and as often as it is asked for; nothing is tried twice. A daemon that runs
by the same configuration hears which channels work. Without arguments, every channel is tried once.

Exit codes: 0 every provider confirmed, 1 one did not, 64 no such channel, 78 the configuration has mistakes.")]
pub(super) struct Arguments {
    /// How loud; without --channel, through the channels of that tier
    #[arg(long)]
    tier: Option<TierArgument>,
    /// Only through this channel
    #[arg(long)]
    channel: Option<String>,
    /// Through every channel; without --tier, in the look of every tier that is told there
    #[arg(long, conflicts_with = "channel")]
    all: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TierArgument {
    Urgent,
    Important,
    General,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let mut config = context.config()?;
    config.language = context.lang.unwrap_or(config.language);
    let trials = trials(arguments, &config);
    if trials.is_empty() {
        return Err(no_channel(arguments, config.channels.keys()));
    }
    let notifier = Notifier::new(&config);
    let now = Clock::start().now();
    let daemon = daemon(context).await;
    let mut out = std::io::stdout();
    let color = color(&out);
    let mut refused = false;
    for (tier, channel) in trials {
        let notice = notice(tier, now);
        for address in notifier.addresses(&channel) {
            let to = Address { channel: channel.clone(), address };
            let place =
                if arguments.routes() { format!("{} {}", tier.into_str(), to.name()) } else { to.name() };
            let answer = notifier.deliver(&to.channel, &to.address, &Envelope::first(&notice, now)).await;
            match &answer {
                Ok(receipt) => {
                    writeln!(out, "{place}: {}: {}", paint("confirmed", Mood::Good, color), receipt.answer)?;
                }
                Err(refusal) => {
                    refused = true;
                    let word = paint("NOT confirmed", Mood::Bad, color);
                    writeln!(out, "{place}: {word}: failed to {}", refusal.text)?;
                }
            }
            if let Some(daemon) = &daemon {
                let failed = answer.err().map(|refusal| refusal.text);
                let body = TestResultBody { address: to.address, failed };
                if let Err(error) = daemon.test_result(&to.channel, &body).await {
                    tracing::debug!(%error, "the daemon does not know of it");
                }
            }
        }
    }
    Ok(u8::from(refused))
}

impl Arguments {
    /// Every tier by its own route.
    fn routes(&self) -> bool {
        self.all && self.tier.is_none()
    }
}

/// What is tried: which channel, in the look of which tier.
fn trials(arguments: &Arguments, config: &Config) -> Vec<(Tier, String)> {
    let tier = arguments.tier.map(|tier| match tier {
        TierArgument::Urgent => Tier::Urgent,
        TierArgument::Important => Tier::Important,
        TierArgument::General => Tier::General,
    });
    let alike = |channels: Vec<&String>| -> Vec<(Tier, String)> {
        channels.into_iter().map(|channel| (tier.unwrap_or(Tier::General), channel.clone())).collect()
    };
    if arguments.routes() {
        return routes(config);
    }
    let of_tier = tier.filter(|_| !arguments.all).and_then(|tier| config.tiers.get(&tier));
    match (&arguments.channel, of_tier) {
        (Some(channel), _) => alike(config.channels.keys().filter(|name| *name == channel).collect()),
        (None, Some(tier)) => alike(tier.channels.iter().collect()),
        (None, None) => alike(config.channels.keys().collect()),
    }
}

/// Every channel of every tier's route, and those that are in none.
fn routes(config: &Config) -> Vec<(Tier, String)> {
    let mut trials: Vec<(Tier, String)> = Vec::new();
    for (tier, policy) in config.tiers.iter().rev() {
        let escalate = policy.escalate.iter().flat_map(|escalate| &escalate.channels);
        for channel in policy.channels.iter().chain(escalate).chain(&policy.fallback) {
            let trial = (*tier, channel.clone());
            if !trials.contains(&trial) {
                trials.push(trial);
            }
        }
    }
    for channel in config.channels.keys() {
        if !trials.iter().any(|(_, tried)| tried == channel) {
            trials.push((Tier::General, channel.clone()));
        }
    }
    trials
}

/// The daemon that uses this very configuration, if it runs: it is told which channels work.
async fn daemon(context: &Context) -> Option<Client> {
    let client = context.client().ok()?;
    let status = client.status(None).await.ok()?;
    let same = std::path::Path::new(&status.daemon.config) == context.config;
    same.then_some(client)
}

fn no_channel<'a>(arguments: &Arguments, known: impl Iterator<Item = &'a String>) -> CliError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    match (&arguments.channel, known.as_slice()) {
        (_, []) => CliError::Usage("no channel is configured; add a [channel.NAME] to the rules".to_owned()),
        (Some(channel), _) => {
            CliError::Usage(format!("there is no channel {channel}; channels: {}", known.join(", ")))
        }
        (None, _) => {
            let known = known.join(", ");
            CliError::Usage(format!(
                "no channel is told of that tier; name one of them with --channel: {known}"
            ))
        }
    }
}

fn notice(tier: Tier, now: Timestamp) -> Notice {
    let id = format!("test-{}", now.strftime("%Y%m%dT%H%M%S%3f"));
    Notice {
        id: format!("{id}.1"),
        incident: id,
        tier,
        news: News::Test,
        service: None,
        at: now,
        release: None,
        from: None,
        to: None,
        reason: None,
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    }
}
