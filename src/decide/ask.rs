//! What people and CI jobs ask for.

use std::time::Duration;

use super::action::{Action, Answer, Persist};
use super::transition::Transition;
use super::trigger::span;
use super::turn::Turn;
use super::{checklist, drill, guard, naming, plan, suspect, veto, whole};
use crate::model::event::Ask;
use crate::model::facts::{Hold, Phase};
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use crate::model::release::{Announcement, Origin, Release, ReleaseState};
use crate::model::roster::Roster;
use crate::model::verdict::Call;

/// So many digits of an image's id stand for it.
const SHORT_ID: usize = 12;

/// The answer, and what is to become of the release at hand; or why that cannot be.
type Answered = Result<(Answer, Transition), Refusal>;

/// Answers, and says what is to be done.
pub(super) fn asked(turn: &mut Turn<'_>, by: &str, ask: &Ask) -> (Answer, Transition) {
    let answered = match ask {
        Ask::Release(announcement) => announce(turn, announcement).map(|answer| (answer, Transition::Stay)),
        Ask::Checklist { version, by, deed } => checklist::asked(turn, version.as_deref(), by, deed)
            .map(|answer| (answer, Transition::Stay))
            .map_err(Refusal::Checklist),
        Ask::Accept { reason, force } => accept(turn, by, reason.as_ref(), *force),
        Ask::Abort => abort(turn, by),
        Ask::Rollback { to, reason, known_bad } => {
            roll_back(turn, by, to.as_deref(), (reason.clone(), *known_bad))
        }
        Ask::Plan { to } => plan(turn, by, to.as_deref()).map(|plan| (plan, Transition::Stay)),
        Ask::Hold { lasts, reason } => {
            let hold = Hold::new(by.to_owned(), reason.clone(), turn.now, *lasts);
            turn.facts_mut().hold = Some(hold);
            let next = veto::stopped(turn, reason.clone());
            Ok((done(turn), next))
        }
        Ask::Drill { level, page } => drill::asked(turn, by, *level, *page)
            .map(|id| (Answer::Drill { id }, Transition::Stay))
            .map_err(Refusal::Drill),
        Ask::Resume => {
            let next = resume(turn);
            Ok((done(turn), next))
        }
    };
    answered.unwrap_or_else(|why| (Answer::Refused { why }, Transition::Stay))
}

/// Automation is on again; a release that waited for it is watched again, so that what is seen now decides.
pub(super) fn resume(turn: &mut Turn<'_>) -> Transition {
    turn.facts_mut().hold = None;
    match turn.facts().phase {
        Phase::Held { why: Reason::OnHold { .. }, .. } => Transition::WatchAgain,
        Phase::Idle
        | Phase::Watching(_)
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => Transition::Stay,
    }
}

/// An announced release did not come.
pub(super) fn drop_announced(turn: &mut Turn<'_>) {
    if let Some(release) = turn.facts_mut().announced.take() {
        let reason = Some(Reason::Said("nothing was deployed after the announcement".to_owned()));
        turn.facts_mut().decided = Some((release.id.clone(), ReleaseState::Aborted));
        turn.act(Action::Persist(Persist::File {
            release,
            state: ReleaseState::Aborted,
            reason,
            asked: false,
        }));
    }
}

fn done(turn: &Turn<'_>) -> Answer {
    Answer::Done { release: turn.facts().release.as_ref().map(|release| release.id.clone()) }
}

fn announce(turn: &mut Turn<'_>, announcement: &Announcement) -> Result<Answer, Refusal> {
    let checklist = checklist::admits(turn, announcement).map_err(Refusal::Checklist)?;
    if let Some((release, state)) = said_again(turn, announcement) {
        release.announcement = Some(announcement.clone());
        release.version.clone_from(&announcement.version);
        release.checklist = checklist;
        let release = release.clone();
        let id = release.id.clone();
        turn.act(Action::Persist(Persist::File { release, state, reason: None, asked: true }));
        return Ok(Answer::Done { release: Some(id) });
    }
    drop_announced(turn);
    let release = Release {
        id: naming::release_id(turn),
        service: turn.service.name.clone(),
        version: announcement.version.clone(),
        running: None,
        began: turn.now,
        origin: Origin::Announced,
        announcement: Some(announcement.clone()),
        checklist,
        roster: Roster::new(),
    };
    let id = release.id.clone();
    let (said, state) = (release.clone(), ReleaseState::Announced);
    turn.act(Action::Persist(Persist::File { release: said, state, reason: None, asked: true }));
    turn.facts_mut().announced = Some(release);
    Ok(Answer::Done { release: Some(id) })
}

/// The release that an announcement is about, where it is known already: deployed before it was announced, or announced
/// once more.
fn said_again<'a>(
    turn: &'a mut Turn<'_>,
    announcement: &Announcement,
) -> Option<(&'a mut Release, ReleaseState)> {
    let facts = turn.facts_mut();
    let (watching, state) = match &facts.phase {
        Phase::Watching(_) => (true, ReleaseState::Watching),
        Phase::RollingBack(_) => (false, ReleaseState::RollingBack),
        Phase::Verifying(_) => (false, ReleaseState::Verifying),
        Phase::Held { .. } => (false, ReleaseState::Held),
        Phase::NeedsPerson { .. } => (false, ReleaseState::RollbackFailed),
        Phase::Idle => (false, ReleaseState::Announced),
    };
    let about = |release: &&mut Release| {
        let unsaid = watching && release.announcement.is_none();
        release.version == announcement.version || (unsaid && nameless(release))
    };
    let at_hand = facts.release.as_mut().filter(about).map(|release| (release, state));
    at_hand.or_else(|| facts.announced.as_mut().filter(about).map(|said| (said, ReleaseState::Announced)))
}

/// An image without a tag is called by the beginning of its id; any name is better.
fn nameless(release: &Release) -> bool {
    let image = release.running.as_ref().and_then(|running| running.identity.image.strip_prefix("sha256:"));
    release.version.len() >= SHORT_ID && image.is_some_and(|digits| digits.starts_with(&release.version))
}

/// What fails is accepted only by somebody who says that they know.
fn accept(turn: &Turn<'_>, by: &str, why: Option<&String>, force: bool) -> Answered {
    match &turn.facts().phase {
        Phase::NeedsPerson { .. } if turn.service.seen.is_none() => return Err(Refusal::NothingRuns),
        Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
        Phase::RollingBack(_) | Phase::Verifying(_) => return Err(Refusal::UnderWay),
        Phase::Idle if turn.service.lacking.is_some() => {}
        Phase::Idle => return Err(Refusal::NothingToAccept),
    }
    let suspicion = suspect::all(turn).into_iter().next().map(|suspicion| suspicion.cause);
    let despite = suspicion.or_else(|| whole::cause(turn)).map(Box::new);
    if let Some(cause) = despite.clone().filter(|_| !force) {
        return Err(Refusal::Failing(cause));
    }
    let reason = Reason::Accepted {
        by: by.to_owned(),
        why: why.cloned(),
        unwatched: unwatched(turn),
        unpassed: unpassed(turn),
        despite,
    };
    let next = match turn.facts().phase {
        Phase::NeedsPerson { .. } => accept_what_runs(turn, reason)?,
        // The accepted set is meant to be what is left of it.
        Phase::Idle => Transition::Adopt(turn.service.seen.clone().ok_or(Refusal::NothingRuns)?, reason),
        Phase::Watching(_) | Phase::Held { .. } | Phase::RollingBack(_) | Phase::Verifying(_) => {
            Transition::Accept(Some(reason))
        }
    };
    Ok((done(turn), next))
}

/// What is left of the window.
fn unwatched(turn: &Turn<'_>) -> Duration {
    let Phase::Watching(watch) = &turn.facts().phase else { return Duration::ZERO };
    span(turn.now, watch.ends)
}

/// The triggers that had not passed yet, the health checks among them.
fn unpassed(turn: &Turn<'_>) -> Vec<String> {
    let verdicts = suspect::verdicts(turn).into_iter();
    verdicts.filter(|(_, verdict)| verdict.call != Call::Pass).map(|(name, _)| name).collect()
}

/// After a rollback that could not be finished, either version may be what runs.
fn accept_what_runs(turn: &Turn<'_>, reason: Reason) -> Result<Transition, Refusal> {
    let running = turn.service.seen.clone().ok_or(Refusal::NothingRuns)?;
    let newest = turn.facts().release.as_ref().and_then(|release| release.running.as_ref());
    let is_newest = newest.is_some_and(|newest| newest.identity == running.identity);
    Ok(if is_newest { Transition::Accept(Some(reason)) } else { Transition::Adopt(running, reason) })
}

fn abort(turn: &mut Turn<'_>, by: &str) -> Answered {
    match &turn.facts().phase {
        Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {
            Ok((done(turn), Transition::Abort(Reason::Person { by: by.to_owned(), why: None })))
        }
        Phase::RollingBack(_) | Phase::Verifying(_) => Err(Refusal::UnderWay),
        Phase::Idle if turn.facts().announced.is_some() => {
            let release = turn.facts().announced.as_ref().map(|release| release.id.clone());
            drop_announced(turn);
            Ok((Answer::Done { release }, Transition::Stay))
        }
        Phase::Idle => Err(Refusal::NothingToAbort),
    }
}

fn roll_back(
    turn: &Turn<'_>,
    by: &str,
    to: Option<&str>,
    (why, known_bad): (Option<String>, bool),
) -> Answered {
    let target = may_roll_back(turn, to)?;
    let leaving = plan::leaving(turn).ok_or(Refusal::UnknownRuns)?;
    let known_bad = known_bad || is_bad(turn);
    let cause = Reason::Person { by: by.to_owned(), why };
    Ok((Answer::Done { release: Some(leaving.id) }, Transition::RollBack { cause, target, known_bad }))
}

/// Whether something speaks against what runs: a person may well go back for another reason, and then what they leave is
/// not bad.
fn is_bad(turn: &Turn<'_>) -> bool {
    let held_for = match &turn.facts().phase {
        Phase::NeedsPerson { .. } => return true,
        Phase::Held { why, .. } => Some(why.cause()),
        Phase::Idle | Phase::Watching(_) | Phase::RollingBack(_) | Phase::Verifying(_) => None,
    };
    let failed = |why: &Reason| {
        let by_itself =
            matches!(why, Reason::Health { .. } | Reason::Flapping { .. } | Reason::CrashLoop { .. });
        let broken = matches!(why, Reason::Breach(_) | Reason::Set(_) | Reason::GivenUp { .. });
        by_itself || broken || matches!(why, Reason::Quarantined { .. })
    };
    held_for.is_some_and(failed) || !suspect::all(turn).is_empty()
}

fn plan(turn: &Turn<'_>, by: &str, to: Option<&str>) -> Result<Answer, Refusal> {
    let target = may_roll_back(turn, to)?;
    let leaving = plan::leaving(turn).ok_or(Refusal::UnknownRuns)?;
    let person = Reason::Person { by: by.to_owned(), why: None };
    let plan = plan::plan(turn, &leaving, &target, &person);
    let (removes, leaves) = (plan::removes(turn, &target), plan::leaves(turn, &target));
    let steps = turn.policy.steps.iter().chain(&turn.policy.finish).copied().collect();
    let ready = turn.facts().accepted.last().is_some_and(|accepted| accepted.id == target.id);
    let problems = turn.service.problems.clone().filter(|_| ready).unwrap_or_default();
    Ok(Answer::Plan { plan, steps, problems, removes, leaves })
}

fn may_roll_back(turn: &Turn<'_>, to: Option<&str>) -> Result<Release, Refusal> {
    match &turn.facts().phase {
        Phase::RollingBack(_) | Phase::Verifying(_) => return Err(Refusal::UnderWay),
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
    guard::target(turn, to).ok_or_else(|| {
        let known = &turn.facts().accepted;
        let named =
            |release: &Release| Some(release.id.as_str()) == to || Some(release.version.as_str()) == to;
        Refusal::NoTarget {
            wanted: to.map(str::to_owned),
            runs: known.iter().any(named),
            accepted: known.iter().rev().map(|release| release.version.clone()).collect(),
        }
    })
}
