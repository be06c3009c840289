//! The times that something is still reckoned by.

use jiff::{SignedDuration, Timestamp};

use crate::model::facts::{Aftermath, Facts, Phase, Rollback};

impl Facts {
    /// The host's clock was moved by so much: whatever is waited for is as far ahead, and what it is reckoned from as far
    /// behind, as before. A watch finds out by itself what it has not seen; what is past keeps its time.
    pub fn clock_moved(&mut self, by: SignedDuration) {
        self.running_times().into_iter().for_each(|at| add(at, by));
    }

    /// They are of another golive, whose host's clock this one's is ahead of by so much. A watch, too, is as old here as there.
    pub fn by_another_clock(&mut self, by: SignedDuration) {
        self.clock_moved(by);
        if let Phase::Watching(watch) = &mut self.phase {
            let times = [&mut watch.began, &mut watch.started, &mut watch.ends];
            times.into_iter().chain(&mut watch.suspected).for_each(|at| add(at, by));
        }
    }

    fn running_times(&mut self) -> Vec<&mut Timestamp> {
        let mut all: Vec<&mut Timestamp> = self.rollbacks.iter_mut().collect();
        all.extend(self.announced.as_mut().map(|release| &mut release.began));
        if let Some(hold) = &mut self.hold {
            all.push(&mut hold.since);
            all.extend(&mut hold.until);
        }
        for incident in self.incidents.iter_mut().chain(&mut self.lately) {
            all.extend(incident.running_times());
        }
        all.extend(self.decided.as_mut().map(|decision| &mut decision.at));
        all.extend(self.diverged.as_mut().map(|diverged| &mut diverged.since));
        all.extend(self.veto.as_mut().map(|veto| &mut veto.ends));
        if let Some(Aftermath { incident, since, until }) = &mut self.aftermath {
            all.extend([since, until]);
            all.extend(incident.running_times());
        }
        if let Some(deployment) = &mut self.deployment {
            all.push(&mut deployment.began);
            all.extend(
                deployment
                    .stops
                    .values_mut()
                    .flat_map(|stop| [Some(&mut stop.at), stop.ended.as_mut()])
                    .flatten(),
            );
        }
        // What was shown or signed counts for so long; a waiver ends on the day that was said.
        let marks = self.checklists.iter_mut().flat_map(|checklist| checklist.marks.values_mut());
        for mark in marks {
            all.extend(mark.shown.as_mut().map(|shown| &mut shown.at));
            all.extend(mark.signed.as_mut().map(|signed| &mut signed.at));
        }
        all.extend(self.drills.running_times());
        all.extend(self.restored.as_mut().map(|restored| &mut restored.at));
        match &mut self.phase {
            // A watch counts anew, or adds what it has not seen.
            Phase::Idle | Phase::Watching(_) | Phase::NeedsPerson { .. } => {}
            Phase::RollingBack(rollback) => all.extend(rollback.running_times()),
            Phase::Verifying(verification) => {
                all.push(&mut verification.began);
                all.extend(&mut verification.proved);
                all.extend(verification.rollback.running_times());
            }
            Phase::Held { answer_by, watched_until, .. } => {
                all.push(watched_until);
                all.extend(answer_by);
            }
        }
        all
    }
}

fn add(at: &mut Timestamp, by: SignedDuration) {
    let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    *at = at.checked_add(by).unwrap_or(end);
}

impl Rollback {
    fn running_times(&mut self) -> impl Iterator<Item = &mut Timestamp> {
        [&mut self.began, &mut self.since, &mut self.asked].into_iter().chain(&mut self.retry_at)
    }
}
