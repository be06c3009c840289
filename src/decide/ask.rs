//! What people and CI jobs ask for.

use std::time::Duration;

use super::action::{Action, Answer, Persist};
use super::context::Context;
use super::transition::Transition;
use super::trigger::span;
use super::{checklist, countdown, drill, freeze, naming, permission, plan, suspect, whole};
use crate::model::decision::Decision;
use crate::model::drill::Way;
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
pub(super) fn asked(ctx: &mut Context<'_>, by: &str, ask: &Ask) -> (Answer, Transition) {
    let answered = match ask {
        Ask::Release(announcement) => announce(ctx, announcement).map(|answer| (answer, Transition::Stay)),
        Ask::Checklist { version, by, deed } => checklist::asked(ctx, version.as_deref(), by, deed)
            .map(|answer| (answer, Transition::Stay))
            .map_err(Refusal::Checklist),
        Ask::Accept { reason, force } => accept(ctx, by, reason.as_ref(), *force),
        Ask::Abort => abort(ctx, by),
        Ask::Rollback { to, reason, known_bad } => {
            roll_back(ctx, by, to.as_deref(), (reason.clone(), *known_bad))
        }
        Ask::Plan { to } => plan(ctx, by, to.as_deref()).map(|plan| (plan, Transition::Stay)),
        Ask::Hold { lasts, reason } => {
            let hold = Hold::new(by.to_owned(), reason.clone(), ctx.now, *lasts);
            ctx.facts_mut().hold = Some(hold);
            let next = countdown::stopped(ctx, reason.clone());
            Ok((done(ctx), next))
        }
        Ask::Drill { level, page, for_real } => drill::asked(ctx, by, *level, (*page, *for_real))
            .map(|id| (Answer::Drill { id }, Transition::Stay))
            .map_err(Refusal::Drill),
        Ask::Resume => {
            let next = resume(ctx);
            Ok((done(ctx), next))
        }
    };
    answered.unwrap_or_else(|why| (Answer::Refused { why }, Transition::Stay))
}

/// Automation is on again; a release that waited for it is watched again, so that what is seen now decides.
pub(super) fn resume(ctx: &mut Context<'_>) -> Transition {
    ctx.facts_mut().hold = None;
    match ctx.facts().phase {
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
pub(super) fn drop_announced(ctx: &mut Context<'_>) {
    if let Some(release) = ctx.facts_mut().announced.take() {
        let reason = Some(Reason::Said("nothing was deployed after the announcement".to_owned()));
        let decision = Decision::of(&release, ReleaseState::Aborted, ctx.now, reason.clone());
        ctx.facts_mut().decided = Some(decision);
        ctx.act(Action::Persist(Persist::File {
            release,
            state: ReleaseState::Aborted,
            reason,
            asked: false,
        }));
    }
}

fn done(ctx: &Context<'_>) -> Answer {
    Answer::Done { release: ctx.facts().release.as_ref().map(|release| release.id.clone()) }
}

fn announce(ctx: &mut Context<'_>, announcement: &Announcement) -> Result<Answer, Refusal> {
    freeze::admits(ctx, announcement)?;
    let checklist = checklist::admits(ctx, announcement).map_err(Refusal::Checklist)?;
    if let Some((release, state)) = said_again(ctx, announcement) {
        release.announcement = Some(announcement.clone());
        release.version.clone_from(&announcement.version);
        release.checklist = checklist;
        let release = release.clone();
        let id = release.id.clone();
        ctx.act(Action::Persist(Persist::File { release, state, reason: None, asked: true }));
        return Ok(Answer::Done { release: Some(id) });
    }
    drop_announced(ctx);
    let release = Release {
        id: naming::release_id(ctx),
        service: ctx.service.name.clone(),
        version: announcement.version.clone(),
        running: None,
        began: ctx.now,
        origin: Origin::Announced,
        announcement: Some(announcement.clone()),
        checklist,
        roster: Roster::new(),
    };
    let id = release.id.clone();
    let (said, state) = (release.clone(), ReleaseState::Announced);
    ctx.act(Action::Persist(Persist::File { release: said, state, reason: None, asked: true }));
    ctx.facts_mut().announced = Some(release);
    Ok(Answer::Done { release: Some(id) })
}

/// The release that an announcement is about, where it is known already: deployed before it was announced, or announced
/// once more.
fn said_again<'a>(
    ctx: &'a mut Context<'_>,
    announcement: &Announcement,
) -> Option<(&'a mut Release, ReleaseState)> {
    let facts = ctx.facts_mut();
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
fn accept(ctx: &Context<'_>, by: &str, why: Option<&String>, force: bool) -> Answered {
    match &ctx.facts().phase {
        Phase::NeedsPerson { .. } if ctx.service.seen.is_none() => return Err(Refusal::NothingRuns),
        Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
        Phase::RollingBack(_) | Phase::Verifying(_) => return Err(Refusal::UnderWay),
        Phase::Idle if ctx.service.lacking.is_some() => {}
        Phase::Idle => return Err(Refusal::NothingToAccept),
    }
    let suspicion = suspect::all(ctx).into_iter().next().map(|suspicion| suspicion.cause);
    let despite = suspicion.or_else(|| whole::cause(ctx)).map(Box::new);
    if let Some(cause) = despite.clone().filter(|_| !force) {
        return Err(Refusal::Failing(cause));
    }
    let reason = Reason::Accepted {
        by: by.to_owned(),
        why: why.cloned(),
        unwatched: unwatched(ctx),
        unpassed: unpassed(ctx),
        despite,
    };
    let next = match ctx.facts().phase {
        Phase::NeedsPerson { .. } => accept_what_runs(ctx, reason)?,
        // The accepted set is meant to be what is left of it.
        Phase::Idle => Transition::Adopt(ctx.service.seen.clone().ok_or(Refusal::NothingRuns)?, reason),
        Phase::Watching(_) | Phase::Held { .. } | Phase::RollingBack(_) | Phase::Verifying(_) => {
            Transition::Accept(Some(reason))
        }
    };
    Ok((done(ctx), next))
}

/// What is left of the window.
fn unwatched(ctx: &Context<'_>) -> Duration {
    let Phase::Watching(watch) = &ctx.facts().phase else { return Duration::ZERO };
    span(ctx.now, watch.ends)
}

/// The triggers that had not passed yet, the health checks among them.
fn unpassed(ctx: &Context<'_>) -> Vec<String> {
    let verdicts = suspect::verdicts(ctx).into_iter();
    verdicts.filter(|(_, verdict)| verdict.call != Call::Pass).map(|(name, _)| name).collect()
}

/// After a rollback that could not be finished, either version may be what runs.
fn accept_what_runs(ctx: &Context<'_>, reason: Reason) -> Result<Transition, Refusal> {
    let running = ctx.service.seen.clone().ok_or(Refusal::NothingRuns)?;
    let newest = ctx.facts().release.as_ref().and_then(|release| release.running.as_ref());
    let is_newest = newest.is_some_and(|newest| newest.identity == running.identity);
    Ok(if is_newest { Transition::Accept(Some(reason)) } else { Transition::Adopt(running, reason) })
}

fn abort(ctx: &mut Context<'_>, by: &str) -> Answered {
    match &ctx.facts().phase {
        Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {
            Ok((done(ctx), Transition::Abort(Reason::Person { by: by.to_owned(), why: None })))
        }
        Phase::RollingBack(_) | Phase::Verifying(_) => Err(Refusal::UnderWay),
        Phase::Idle if ctx.facts().announced.is_some() => {
            let release = ctx.facts().announced.as_ref().map(|release| release.id.clone());
            drop_announced(ctx);
            Ok((Answer::Done { release }, Transition::Stay))
        }
        Phase::Idle => Err(Refusal::NothingToAbort),
    }
}

fn roll_back(
    ctx: &Context<'_>,
    by: &str,
    to: Option<&str>,
    (why, known_bad): (Option<String>, bool),
) -> Answered {
    let target = may_roll_back(ctx, to)?;
    if permission::left_by_drill(ctx).is_some_and(|left| left.id == target.id) {
        let cause = Reason::Person { by: by.to_owned(), why };
        return Ok((Answer::Done { release: Some(target.id) }, Transition::Drill(Way::Forth, cause)));
    }
    let leaving = plan::leaving(ctx).ok_or(Refusal::UnknownRuns)?;
    let known_bad = known_bad || is_bad(ctx);
    let cause = Reason::Person { by: by.to_owned(), why };
    Ok((Answer::Done { release: Some(leaving.id) }, Transition::RollBack { cause, target, known_bad }))
}

/// Whether something speaks against what runs: a person may well go back for another reason, and then what they leave is
/// not bad.
fn is_bad(ctx: &Context<'_>) -> bool {
    let held_for = match &ctx.facts().phase {
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
    held_for.is_some_and(failed) || !suspect::all(ctx).is_empty()
}

fn plan(ctx: &Context<'_>, by: &str, to: Option<&str>) -> Result<Answer, Refusal> {
    let target = may_roll_back(ctx, to)?;
    let leaving = plan::leaving(ctx).ok_or(Refusal::UnknownRuns)?;
    let person = Reason::Person { by: by.to_owned(), why: None };
    let plan = plan::plan(ctx, &leaving, &target, &person);
    let (removes, leaves) = (plan::removes(ctx, &target), plan::leaves(ctx, &target));
    let steps = ctx.policy.steps.iter().chain(&ctx.policy.finish).copied().collect();
    let ready = ctx.facts().accepted.last().is_some_and(|accepted| accepted.id == target.id);
    let problems = ctx.service.problems.clone().filter(|_| ready).unwrap_or_default();
    Ok(Answer::Plan { plan, steps, problems, removes, leaves })
}

fn may_roll_back(ctx: &Context<'_>, to: Option<&str>) -> Result<Release, Refusal> {
    match &ctx.facts().phase {
        Phase::RollingBack(_) | Phase::Verifying(_) => return Err(Refusal::UnderWay),
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
    permission::target(ctx, to).ok_or_else(|| {
        let known = &ctx.facts().accepted;
        let named =
            |release: &Release| Some(release.id.as_str()) == to || Some(release.version.as_str()) == to;
        Refusal::NoTarget {
            wanted: to.map(str::to_owned),
            runs: known.iter().any(named),
            accepted: known.iter().rev().map(|release| release.version.clone()).collect(),
        }
    })
}
