//! `golive notify test`

use std::io::Write as _;

use clap::ValueEnum;
use jiff::Timestamp;

use crate::cli::show::{Mood, color, paint};
use crate::cli::{CliError, Context};
use crate::clock::Clock;
use crate::decide::action::{News, Notice, Tier};
use crate::notify::{Delivery, Notifier};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Delivered from here, so no daemon need run, and as often as it is asked for; nothing is tried twice.

Exit codes: 0 every provider confirmed, 1 one did not, 64 no such channel, 78 the configuration has mistakes.")]
pub(super) struct Arguments {
    /// How loud; without --channel, through the channels of that tier
    #[arg(long)]
    tier: Option<TierArgument>,
    /// Only through this channel
    #[arg(long)]
    channel: Option<String>,
    /// Through every channel, which is also what happens when nothing is said
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
    if let Some(language) = context.lang {
        config.language = language;
        config.channels.values_mut().for_each(|channel| channel.language = None);
    }
    let tier = arguments.tier.map(|tier| match tier {
        TierArgument::Urgent => Tier::Urgent,
        TierArgument::Important => Tier::Important,
        TierArgument::General => Tier::General,
    });
    let of_tier = tier.filter(|_| !arguments.all).and_then(|tier| config.tiers.get(&tier));
    let channels: Vec<&String> = match (&arguments.channel, of_tier) {
        (Some(channel), _) => config.channels.keys().filter(|name| *name == channel).collect(),
        (None, Some(tier)) => tier.channels.iter().collect(),
        (None, None) => config.channels.keys().collect(),
    };
    if channels.is_empty() {
        return Err(no_channel(arguments, config.channels.keys()));
    }
    let notifier = Notifier::new(&config).map_err(|error| CliError::Plain(error.to_string()))?;
    let now = Clock::start().now();
    let notice = notice(tier.unwrap_or(Tier::General), now);
    let mut out = std::io::stdout();
    let color = color(&out);
    let mut refused = false;
    for channel in channels {
        for address in notifier.addresses(channel) {
            let place = if address.is_empty() { channel.to_owned() } else { format!("{channel} {address}") };
            match notifier.deliver(channel, &address, &Delivery::first(&notice, now)).await {
                Ok(receipt) => {
                    writeln!(out, "{place}: {}: {}", paint("confirmed", Mood::Good, color), receipt.answer)?;
                }
                Err(refusal) => {
                    refused = true;
                    let word = paint("NOT confirmed", Mood::Bad, color);
                    writeln!(out, "{place}: {word}: failed to {}", refusal.text)?;
                }
            }
        }
    }
    Ok(u8::from(refused))
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
    }
}
