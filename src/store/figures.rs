//! How a service's releases went, in the figures that DORA compares: of each service by itself, and nothing guessed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use serde::Serialize;

use super::flaws::Raw;
use super::{Deed, Moment, Reader, StoreError, text};
use crate::model::event::{Event, ServiceEvent};
use crate::model::incident::Incident;
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::sample::Outcome;
use crate::model::verdict::Call;

/// The label by which an image says when it was made.
const CREATED: &str = "label org.opencontainers.image.created";

/// Of so many failed releases the story is read, the newest.
const READ: usize = 200;

/// One service's figures; what is not known is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// So many releases went live.
    pub live: u32,
    /// So many of them in a day.
    pub per_day: Option<f64>,
    /// From the image's making to the release, in seconds: the median of those whose image says when it was made.
    pub lead_time: Option<f64>,
    /// So many say so.
    pub lead_time_of: u32,
    /// Of those that are decided, the share that was taken back or could not be, whenever.
    pub change_fail_rate: Option<f64>,
    /// The same without those that a person had taken back while no trigger failed.
    pub change_fail_rate_automatic: Option<f64>,
    /// From the first sign that something failed to the proof that the old version works, in seconds: the median.
    pub recovery_time: Option<f64>,
    /// The longest.
    pub recovery_time_worst: Option<f64>,
    /// So many were measured.
    pub recovery_time_of: u32,
    /// The share that came while an urgent incident of the service was open.
    pub rework_rate: Option<f64>,
}

/// A release that went live in the time that is looked at.
struct Live {
    release: Release,
    state: ReleaseState,
    asked: bool,
    created: Option<Timestamp>,
}

impl Reader {
    /// The figures by service, of the releases that began since then.
    pub fn figures(
        &self,
        service: Option<&str>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Figures>, StoreError> {
        let mut services: BTreeMap<String, Vec<Live>> = BTreeMap::new();
        for live in self.live(service, since)? {
            services.entry(live.release.service.clone()).or_default().push(live);
        }
        let of = |(service, all): (String, Vec<Live>)| {
            let figures = self.figures_of(&service, &all, since, now)?;
            Ok((service, figures))
        };
        services.into_iter().map(of).collect()
    }

    /// Newest first. What ran when golive first looked was released by nobody that golive knows.
    fn live(&self, service: Option<&str>, since: Timestamp) -> Result<Vec<Live>, StoreError> {
        let sql = "SELECT json, state, coalesce((SELECT asked FROM filing WHERE filing.release = id \
                   AND filing.state = release.state ORDER BY seq DESC LIMIT 1), 0), \
                   (SELECT settings.json FROM settings WHERE settings.release = id) FROM release \
                   WHERE (?1 IS NULL OR service = ?1) AND started_at >= ?2 ORDER BY started_at DESC, id DESC";
        let rows = self.rows(sql, params![service, text(since)], |row| {
            let Raw(release) = row.get(0)?;
            let state: String = row.get(1)?;
            Ok((release, state, row.get::<_, bool>(2)?, row.get::<_, Option<String>>(3)?))
        })?;
        let read = |(release, state, asked, settings): (String, String, bool, Option<String>)| {
            let release = serde_json::from_str::<Release>(&release).ok()?;
            let state = serde_json::Value::from(state).to_string();
            let state = serde_json::from_str::<ReleaseState>(&state).ok()?;
            let settings = settings.unwrap_or_default();
            let settings = serde_json::from_str::<BTreeMap<String, String>>(&settings).unwrap_or_default();
            // Of a set each member has one of its own: the newest is what was waited for.
            let created = settings.iter().filter(|(name, _)| name.ends_with(CREATED));
            let created = created.filter_map(|(_, at)| at.parse().ok()).max();
            Some(Live { release, state, asked, created })
        };
        let live = rows.into_iter().filter_map(read);
        Ok(live
            .filter(|live| live.release.running.is_some() && live.release.origin != Origin::Adopted)
            .collect())
    }

    fn figures_of(
        &self,
        service: &str,
        all: &[Live],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Figures, StoreError> {
        let failed = |live: &&Live| live.state.has_failed();
        let decided = all.iter().filter(|live| live.state == ReleaseState::Accepted || failed(live)).count();
        let lead = |live: &Live| {
            let took = live.release.began.duration_since(live.created?);
            Some(took.as_secs_f64()).filter(|took| *took >= 0.0)
        };
        let lead: Vec<f64> = all.iter().filter_map(lead).collect();
        let mut recovered = Vec::new();
        for live in all.iter().filter(failed).take(READ) {
            recovered.extend(self.recovery(&live.release.id)?);
        }
        let failures = all.iter().filter(failed).count();
        let automatic = all.iter().filter(failed).filter(|live| !live.asked).count();
        let open = self.urgent(service)?;
        // What mends another release, as was said of it, or came while there was trouble.
        let rework = all.iter().filter(|live| {
            let hotfix = live.release.announcement.as_ref().is_some_and(|said| said.hotfix);
            hotfix
                || open
                    .iter()
                    .any(|(from, to)| (*from..to.unwrap_or(Timestamp::MAX)).contains(&live.release.began))
        });
        // What began before golive did would make it look slow.
        let first = all.last().map_or(now, |live| live.release.began).max(since);
        let days = now.duration_since(first).as_secs_f64() / SignedDuration::from_hours(24).as_secs_f64();
        Ok(Figures {
            live: count(all.len()),
            per_day: (days >= 1.0).then(|| f64::from(count(all.len())) / days),
            lead_time: median(lead.clone()),
            lead_time_of: count(lead.len()),
            change_fail_rate: share(failures, decided),
            change_fail_rate_automatic: share(automatic, decided),
            recovery_time: median(recovered.clone()),
            recovery_time_worst: recovered.iter().copied().reduce(f64::max),
            recovery_time_of: count(recovered.len()),
            rework_rate: share(rework.count(), all.len()),
        })
    }

    /// How long it was bad: from the first sign to the proof. None of one that was not proved, or showed nothing.
    fn recovery(&self, release: &str) -> Result<Option<f64>, StoreError> {
        let Some(story) = self.story(release)? else { return Ok(None) };
        let proved = story.filings.iter().find(|filing| filing.state == ReleaseState::RolledBack);
        let first = story.moments.iter().find_map(sign);
        let lasted = first.zip(proved).map(|(first, proved)| proved.at.duration_since(first).as_secs_f64());
        Ok(lasted.filter(|lasted| *lasted >= 0.0))
    }

    /// When urgent incidents of the service began and ended.
    fn urgent(&self, service: &str) -> Result<Vec<(Timestamp, Option<Timestamp>)>, StoreError> {
        let sql = "SELECT json FROM incident WHERE service = ?1 AND tier = 'urgent' ORDER BY started_at DESC LIMIT 1000";
        let rows = self.rows(sql, [service], |row| row.get::<_, Raw>(0))?;
        let read = |Raw(text): Raw| serde_json::from_str::<Incident>(&text).ok();
        Ok(rows.into_iter().filter_map(read).map(|incident| (incident.began, incident.ended)).collect())
    }
}

/// When something was seen to fail.
fn sign(moment: &Moment) -> Option<Timestamp> {
    let judged = |deed: &Deed| matches!(deed, Deed::Judged { verdict, .. } if verdict.call == Call::Fail);
    if let Event::Service { what: ServiceEvent::Sampled(sample), .. } = &moment.event
        && matches!(sample.outcome, Outcome::Failed(_))
    {
        return Some(sample.began);
    }
    moment.deeds.iter().any(judged).then_some(moment.at)
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| f64::from(count(part)) / f64::from(count(of)))
}

fn median(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    match all.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(all[middle]),
        _ => Some(f64::midpoint(all[middle - 1], all[middle])),
    }
}
