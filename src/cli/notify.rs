//! `golive notify`

use std::io::Write as _;

use clap::{Subcommand, ValueEnum};

use super::show::table;
use super::{CliError, Context};
use crate::clock::Clock;
use crate::config::Language;
use crate::decide::action::{News, Notice, Tier};
use crate::notify::Notifier;
use crate::store::Reader;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Send a test and say what each provider answered; exit code 1 when one did not confirm
    Test {
        /// How loud
        #[arg(long, default_value = "general")]
        tier: TierArgument,
        /// Only through this channel; through every one when left out
        #[arg(long)]
        channel: Option<String>,
        /// Through every channel, which is also what happens without --channel
        #[arg(long, conflicts_with = "channel")]
        all: bool,
    },
    /// What was sent, tried and refused
    Log {
        /// As JSON, which is stable
        #[arg(long)]
        json: bool,
        /// How many, newest first
        #[arg(long, default_value = "100")]
        limit: u32,
    },
    /// Send a letter again that was given up
    Retry {
        /// Its number in the log
        id: i64,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TierArgument {
    Urgent,
    Important,
    General,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    match arguments.verb {
        Verb::Test { tier, channel, all: _ } => test(tier, channel.as_deref(), context).await,
        Verb::Log { json, limit } => log(json, limit, context),
        Verb::Retry { id } => {
            context.client()?.retry(id).await?;
            writeln!(
                std::io::stdout(),
                "letter {id} is sent again now; `golive notify log` tells how it went"
            )?;
            Ok(0)
        }
    }
}

async fn test(tier: TierArgument, only: Option<&str>, context: &Context) -> Result<u8, CliError> {
    let mut config = context.config()?;
    match context.lang.as_deref() {
        None => {}
        Some("en") => config.language = Language::English,
        Some("zh-CN") => config.language = Language::Chinese,
        Some(other) => {
            return Err(CliError::Plain(format!("{other} is not a language of golive: en, zh-CN")));
        }
    }
    let notifier = Notifier::new(&config).map_err(|error| CliError::Plain(error.to_string()))?;
    let channels: Vec<&str> =
        notifier.channels().filter(|name| only.is_none_or(|only| only == *name)).collect();
    if channels.is_empty() {
        let known: Vec<&str> = notifier.channels().collect();
        return Err(CliError::Plain(format!("there is no such channel; channels: {}", known.join(", "))));
    }
    let now = Clock::start().now();
    let id = format!("test-{}", now.strftime("%Y%m%dT%H%M%S%3f"));
    let tier = match tier {
        TierArgument::Urgent => Tier::Urgent,
        TierArgument::Important => Tier::Important,
        TierArgument::General => Tier::General,
    };
    let notice = Notice {
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
        evidence: Vec::new(),
        acknowledgeable: false,
    };
    let mut out = std::io::stdout();
    let mut refused = false;
    for channel in channels {
        for address in notifier.addresses(channel) {
            let place = if address.is_empty() { channel.to_owned() } else { format!("{channel} {address}") };
            match notifier.deliver(channel, &address, &notice, now).await {
                Ok(receipt) => writeln!(out, "{place}: confirmed: {}", receipt.answer)?,
                Err(refusal) => {
                    refused = true;
                    writeln!(out, "{place}: NOT confirmed: failed to {}", refusal.text)?;
                }
            }
        }
    }
    Ok(u8::from(refused))
}

fn log(json: bool, limit: u32, context: &Context) -> Result<u8, CliError> {
    let letters = Reader::open(&context.config()?.state_dir)?.letters(limit)?;
    let mut out = std::io::stdout();
    if json {
        let json =
            serde_json::to_string_pretty(&letters).map_err(|error| CliError::Plain(error.to_string()))?;
        writeln!(out, "{json}")?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = letters
        .into_iter()
        .map(|it| {
            let answer = it.answer.unwrap_or_default();
            vec![
                it.id.to_string(),
                it.created,
                it.state,
                it.attempts.to_string(),
                it.channel,
                it.address,
                it.notice,
                answer,
            ]
        })
        .collect();
    let heads = ["LETTER", "WRITTEN", "STATE", "TRIED", "CHANNEL", "ADDRESS", "NOTICE", "ANSWER"];
    out.write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}
