//! What a release is, when it came and who had to do with it (guide G8.1).

use std::collections::BTreeSet;

use jiff::Timestamp;
use minijinja::context;
use serde_json::{Value, json};

use super::checklist;
use super::course::Course;
use super::sheet::Sheet;
use crate::model::event::{Ask, Event, ServiceEvent};
use crate::model::release::{Origin, Release, ReleaseState};
use crate::store::Story;
use crate::text::Texts;

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let (release, texts) = (&story.release, sheet.texts);
    let unsaid = sheet.say("not-said");
    sheet.head("basics");
    sheet.said("version", &release.version);
    if let Some(about) = about(release) {
        sheet.said("set", about);
    }
    sheet.said("release", &release.id);
    let times = Times::of(story);
    let announced = times.announced.map(|at| moment(at, texts));
    let unknown = if release.announcement.is_some() { "announced-some-time" } else { "announced-no" };
    sheet.said("announced", &announced.unwrap_or_else(|| sheet.say(unknown)));
    let live = times.live.map(|at| moment(at, texts));
    let adopted = release.origin == Origin::Adopted;
    let live = live.unwrap_or_else(|| sheet.say(if adopted { "live-before" } else { "live-never" }));
    sheet.said("live", &live);
    let decided = times.decided.map(|at| moment(at, texts));
    sheet.said("decided", &decided.unwrap_or_else(|| sheet.say("decided-not")));
    let said = release.announcement.clone().unwrap_or_default();
    sheet.said("responsible", said.by.as_deref().unwrap_or(&unsaid));
    let with = if said.with.is_empty() { unsaid } else { said.with.join(", ") };
    sheet.said("participants", &with);
    if let Some(why) = &said.overrides {
        sheet.said("overridden", why);
    }
    for (name, people) in
        [("signed-by", checklist::signers(release)), ("acknowledged-by", acknowledged(story))]
    {
        if !people.is_empty() {
            sheet.said(name, &people.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    for (role, name) in &story.circumstances.people {
        let role = texts.role(role);
        sheet.row(&texts.phrase("record.to-call", context! { role }), name);
    }
}

/// When a release was announced, went live and was decided.
pub(super) struct Times {
    announced: Option<Timestamp>,
    live: Option<Timestamp>,
    decided: Option<Timestamp>,
}

impl Times {
    pub(super) fn of(story: &Story) -> Self {
        let release = &story.release;
        let watched = story.filings.iter().find(|filing| filing.state == ReleaseState::Watching);
        // Of one that was not announced the journal begins with it.
        let noticed = (release.origin == Origin::Noticed).then_some(release.began);
        let announced = match release.origin {
            Origin::Announced => Some(release.began),
            Origin::Adopted | Origin::Noticed => asked(story),
        };
        let live = watched.map(|filing| filing.at).or(noticed);
        Self { announced, live, decided: Course::of(story).ended() }
    }

    pub(super) fn json(&self) -> Value {
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
        json!({ "announced": at(self.announced), "live": at(self.live), "decided": at(self.decided) })
    }
}

/// When it was announced, where that was after it had come.
fn asked(story: &Story) -> Option<Timestamp> {
    let announced = |event: &Event| {
        matches!(event, Event::Service { what: ServiceEvent::Asked { ask: Ask::Release(_), .. }, .. })
    };
    story.moments.iter().find(|moment| announced(&moment.event)).map(|moment| moment.at)
}

/// In the reader's zone, with its distance from UTC.
fn moment(at: Timestamp, texts: &Texts) -> String {
    let at = at.to_zoned(texts.zone().clone());
    let time = at.strftime("%Y-%m-%d %H:%M:%S");
    match at.time_zone().iana_name() {
        Some("UTC") => format!("{time} UTC"),
        Some(zone) => format!("{time} {zone} (UTC{})", at.strftime("%:z")),
        None => format!("{time} (UTC{})", at.strftime("%:z")),
    }
}

/// Every member of a set, with its version: the release's own says what it changed.
pub(super) fn about(release: &Release) -> Option<&str> {
    release.running.as_ref()?.about.as_deref()
}

/// Who has acknowledged what was told of it.
fn acknowledged(story: &Story) -> BTreeSet<String> {
    let by = story.moments.iter().filter_map(|moment| {
        let Event::Acknowledged { by, .. } = &moment.event else { return None };
        Some(by.clone())
    });
    by.collect()
}

pub(super) fn people(story: &Story) -> Value {
    let to_call = story.circumstances.people.iter().map(|(role, name)| json!({"role": role, "name": name}));
    json!({
        "signed": checklist::signers(&story.release),
        "acknowledged": acknowledged(story),
        "to_call": to_call.collect::<Vec<_>>(),
    })
}
