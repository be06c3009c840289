//! `[alert.urgent]`, `[alert.important]`, `[alert.general]`: who is told of what, when, how often, and who else.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::table::{Section, one_of};
use crate::model::notice::Tier;
use crate::model::policy::{Escalate, Quiet, TierPolicy, Unconfirmed};

pub(super) const TIERS: [(&str, Tier); 3] =
    [("urgent", Tier::Urgent), ("important", Tier::Important), ("general", Tier::General)];

/// An incident that nobody acknowledges is told again after this, unless said otherwise. General news is told once.
const REPEAT_URGENT: Duration = Duration::from_mins(15);
const REPEAT_IMPORTANT: Duration = Duration::from_hours(4);

/// A reminder comes within these.
const REPEAT: (&str, &str) = ("1s", "36525d");

const UNCONFIRMED: [(&str, Unconfirmed); 3] =
    [("tell", Unconfirmed::Tell), ("ask", Unconfirmed::Ask), ("auto", Unconfirmed::Auto)];

/// How each tier is told. Without any `[alert.…]`, every channel gets everything.
pub(super) fn tiers(
    root: &mut Section<'_>,
    channels: &[String],
    zone: Option<&TimeZone>,
) -> BTreeMap<Tier, TierPolicy> {
    let everything = |tier| TierPolicy {
        channels: channels.to_vec(),
        repeat: repeat(tier),
        unconfirmed: if tier == Tier::Urgent { Unconfirmed::Tell } else { Unconfirmed::Auto },
        ..TierPolicy::default()
    };
    let everything = || TIERS.into_iter().map(|(_, tier)| (tier, everything(tier))).collect();
    let Some(mut alert) = root.section("alert") else { return everything() };
    let given = alert.given(&TIERS.map(|(name, _)| name));
    if !given.is_empty() && !given.contains(&"urgent") && !channels.is_empty() {
        let hint = "add [alert.urgent] with channels = [\"…\"]";
        alert.missing("has no `urgent`, so nobody would hear that a service is down", hint);
    }
    let mut tiers = BTreeMap::new();
    for (name, tier) in TIERS {
        let policy = alert.section(name).map(|section| policy(section, tier, channels, zone));
        tiers.insert(tier, policy.unwrap_or_default());
    }
    alert.end(&[]);
    if given.is_empty() { everything() } else { tiers }
}

fn repeat(tier: Tier) -> Option<Duration> {
    match tier {
        Tier::Urgent => Some(REPEAT_URGENT),
        Tier::Important => Some(REPEAT_IMPORTANT),
        Tier::General => None,
    }
}

fn policy(mut section: Section<'_>, tier: Tier, channels: &[String], zone: Option<&TimeZone>) -> TierPolicy {
    let named = known(&mut section, "channels", channels).unwrap_or_default();
    section.required(&["channels"], "add channels = [\"…\"]");
    let urgent = tier == Tier::Urgent;
    let unconfirmed =
        if urgent { section.word("unconfirmed", &UNCONFIRMED, Unconfirmed::Tell) } else { Unconfirmed::Auto };
    let policy = TierPolicy {
        repeat: section.duration_or_off("repeat", repeat(tier), REPEAT),
        escalate: section.section("escalate").and_then(|section| escalate(section, channels)),
        digest: if urgent { None } else { section.duration_or_off("digest", None, ("1s", "1d")) },
        quiet: (!urgent).then(|| quiet(&mut section, zone)).flatten(),
        fallback: if urgent { fallback(&mut section, &named, channels) } else { Vec::new() },
        unconfirmed,
        channels: named,
    };
    let (not_here, hint): (&[&'static str], _) = if urgent {
        (&["digest", "quiet"], "urgent alerts are told at once, at any hour: leave it out")
    } else {
        (&["fallback", "unconfirmed"], "write it in [alert.urgent]")
    };
    for key in not_here {
        if section.take(key).is_some() {
            section.wrong_key(&[key], "cannot be set for this tier", hint);
        }
    }
    section.end(&[]);
    policy
}

/// Channels by name, each of which there is.
fn known(section: &mut Section<'_>, key: &'static str, channels: &[String]) -> Option<Vec<String>> {
    let named = section.distinct(key)?;
    for (index, channel) in named.iter().enumerate().filter(|(_, channel)| !channels.contains(channel)) {
        let hint = match channels {
            [] => "there are no channels yet: add [channel.NAME]".to_owned(),
            known => format!("the channels are {}", one_of(known.iter())),
        };
        let index = index.to_string();
        section.missing_in(&[key, &index], format!("there is no channel \"{channel}\""), &hint);
    }
    Some(named)
}

fn escalate(mut section: Section<'_>, channels: &[String]) -> Option<Escalate> {
    let after = section.optional_duration("after");
    if after.is_some_and(|after| after < Duration::from_secs(1)) {
        section.wrong("after", "is shorter than a second", "write \"10m\", say");
    }
    let named = known(&mut section, "channels", channels);
    let hint = "write escalate = { after = \"10m\", channels = [\"…\"] }";
    section.required(&["after", "channels"], hint);
    section.end(&[]);
    Some(Escalate { after: after?, channels: named? })
}

/// `"22:00-07:00"`, by the clocks of the configured time zone.
fn quiet(section: &mut Section<'_>, zone: Option<&TimeZone>) -> Option<Quiet> {
    let text = section.string("quiet")?;
    let hour = |text: &str| {
        let text = text.trim();
        let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        text.parse::<Time>().ok().filter(|_| digits)
    };
    let hours = text.split_once('-').and_then(|(from, to)| Some((hour(from)?, hour(to)?)));
    match hours {
        None => {
            section.wrong("quiet", format!("\"{text}\" is not a span of a day"), "write \"22:00-07:00\", say")
        }
        Some((from, to)) if from == to => {
            section.wrong("quiet", "ends when it begins", "write \"22:00-07:00\", say");
        }
        Some((from, to)) => {
            let zone = zone.cloned().unwrap_or_else(TimeZone::system);
            return Some(Quiet { from, to, zone });
        }
    }
    None
}

/// Who is told when none of the tier's channels confirms: everybody else, unless said otherwise.
fn fallback(section: &mut Section<'_>, named: &[String], channels: &[String]) -> Vec<String> {
    let others = || channels.iter().filter(|channel| !named.contains(channel)).cloned().collect();
    if section.has("fallback") {
        known(section, "fallback", channels).unwrap_or_default()
    } else {
        section.take("fallback");
        others()
    }
}
