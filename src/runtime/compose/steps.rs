//! The steps of a set's rollback: those of its members, one after the other.

use super::found::{Found, ids, twins};
use super::pairs::{Pair, Pairs};
use super::past::Past;
use super::{back, retag, stand_in, wiring};
use crate::docker::{EngineError, Inspect};
use crate::model::step::{Fault, Step};
use crate::runtime::container::Swap;
use crate::runtime::{Done, Forensics, answered_first, forensics, refused, steps};

/// Of the logs of all members together, so much is kept.
const LOGS: usize = 256 << 10;

/// Makes one step hold for every member.
pub(super) async fn perform(pairs: &Pairs<'_>, step: Step) -> Result<Done, Fault> {
    match step {
        Step::Undo => return back::undo(pairs).await,
        Step::Yield => return back::give_way(pairs).await,
        Step::Forensics => return evidence(pairs).await,
        Step::Prepare
        | Step::Before
        | Step::Create
        | Step::DisableRestart
        | Step::Stop
        | Step::RenameOld
        | Step::RenameNew
        | Step::Start
        | Step::RecreateDependents
        | Step::Command
        | Step::Update
        | Step::Converge
        | Step::Verify
        | Step::CleanUp
        | Step::After => {}
    }
    if let Some(theirs) = pairs.deployed().await? {
        return Err(theirs);
    }
    match step {
        Step::Prepare => prepare(pairs).await,
        Step::Create => create(pairs).await,
        Step::Start => start(pairs).await,
        Step::RecreateDependents => dependents(pairs).await,
        Step::CleanUp => clean_up(pairs).await,
        Step::DisableRestart | Step::RenameOld | Step::RenameNew => {
            for pair in &pairs.each {
                one(&pair.swap(), step, pair.good.is_some()).await.map_err(|fault| pair.failed(fault))?;
            }
            Ok(Done::default())
        }
        Step::Stop => {
            for pair in pairs.each.iter().rev() {
                one(&pair.swap(), step, pair.good.is_some()).await.map_err(|fault| pair.failed(fault))?;
            }
            Ok(Done::default())
        }
        Step::Forensics
        | Step::Before
        | Step::Command
        | Step::Update
        | Step::Converge
        | Step::Verify
        | Step::After
        | Step::Undo
        | Step::Yield => Err(refused(format!("do {}: it is no step of a set's members", step.into_str()))),
    }
}

/// One member's step that needs nothing of its fellows. What only the bad release had has no successor.
async fn one(swap: &Swap<'_>, step: Step, succeeded: bool) -> Result<Done, Fault> {
    match step {
        Step::DisableRestart => steps::disable_restart(swap).await,
        Step::Stop => steps::stop(swap).await,
        Step::RenameOld => steps::rename_old(swap).await,
        Step::RenameNew if succeeded => steps::rename_new(swap).await,
        Step::RenameNew
        | Step::Prepare
        | Step::Forensics
        | Step::Before
        | Step::Create
        | Step::Start
        | Step::RecreateDependents
        | Step::Command
        | Step::Update
        | Step::Converge
        | Step::Verify
        | Step::CleanUp
        | Step::After
        | Step::Undo
        | Step::Yield => Ok(Done::default()),
    }
}

/// Every member can be created, and none has become what is to be left alone, or was it.
async fn prepare(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    let (to, project) = (&pairs.plan.to_version, &pairs.set.of.project);
    if pairs.each.is_empty() {
        let text = format!("go back to {to}: every container of project {project} is as it was then");
        return Err(refused(text));
    }
    if let Some(twins) = twins(&pairs.bad).or_else(|| twins(&pairs.good)) {
        return Err(refused(format!("go back to {to}: {twins} of project {project}")));
    }
    let now = Found::look(&pairs.set.engine, &pairs.set.of).await?;
    let keeps = |service: &String, when: &str| {
        let text = format!(
            "go back to {to}: service {service} of project {project} keeps data {when}, and is not among `services`"
        );
        Err(refused(text))
    };
    for pair in &pairs.each {
        let service = &pair.key.service;
        match (&pair.good, &pair.bad) {
            (Some(_), None) if now.left_alone().contains_key(service.as_str()) => {
                return keeps(service, "now, unlike then");
            }
            (None, Some(_)) if pairs.left.contains(service) => return keeps(service, "in that version"),
            (Some(good), _) => {
                let alone = wiring::alone(good, &pairs.good);
                let alone = wiring::moved(&alone, &pairs.hosts, &now.left);
                let alone = stand_in::needed(&pairs.set.engine, alone).await?;
                steps::prepare(&pair.swap(), &alone).await.map_err(|fault| pair.failed(fault))?;
            }
            (None, _) => {}
        }
    }
    Ok(Done::default())
}

/// The bad release as it was, all of it, and what each of it wrote.
async fn evidence(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    let each = LOGS / pairs.bad.len().max(1);
    let (mut inspects, mut logs, mut events) = (Vec::new(), String::new(), String::new());
    let (mut exit, mut oom) = (None, false);
    for member in &pairs.bad {
        let saved = forensics::save(&pairs.set.engine, Some(member.found.id())).await?;
        let Some(saved) = saved.forensics else { continue };
        let from = saved.logs.len().saturating_sub(each);
        let from = (from..saved.logs.len()).find(|at| saved.logs.is_char_boundary(*at)).unwrap_or_default();
        let name = member.found.name();
        logs.push_str(&format!("--- {name}\n{}\n", saved.logs[from..].trim_end()));
        events.push_str(&format!("--- {name}\n{}\n", saved.events.trim_end()));
        // The one that failed says more than those that still run or ended well.
        exit = exit.filter(|exit| *exit != 0).or(saved.exit).or(exit);
        oom |= saved.oom;
        let inspect = Inspect::parse(saved.inspect);
        inspects.push(inspect.map_err(|error| refused(format!("read what was saved: {error}")))?);
    }
    if inspects.is_empty() {
        return Ok(Done::default());
    }
    let now = Found::look(&pairs.set.engine, &pairs.set.of).await?;
    let inspect = Past::new(inspects, &now).written();
    Ok(Done {
        instance: pairs.plan.bad.clone(),
        forensics: Some(Forensics { inspect, logs, events, exit, oom }),
        ..Done::default()
    })
}

/// Every successor exists, joined to its fellows'.
async fn create(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    let mut made = Vec::new();
    for pair in &pairs.each {
        let Some(good) = &pair.good else { continue };
        let wired = pairs.wired(pair, good).await?;
        let done = steps::create(&pair.swap(), &wired).await.map_err(|fault| pair.failed(fault))?;
        made.extend(done.instance);
    }
    Ok(Done { instance: Some(made.join(",")), ..Done::default() })
}

/// All that ran while all was well runs.
async fn start(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    for pair in &pairs.each {
        if pair.good.as_ref().is_some_and(|good| !good.has_ended()) {
            steps::start(&pair.swap()).await.map_err(|fault| pair.failed(fault))?;
        }
    }
    for member in pairs.same.iter().filter(|member| !member.found.has_ended()) {
        pairs.set.engine.start(member.found.id()).await?;
    }
    let now = Found::look(&pairs.set.engine, &pairs.set.of).await?;
    Ok(Done { instance: Some(ids(&now.members)), ..Done::default() })
}

/// What lives in a member and is none itself, say of another project, lives in the restored one.
async fn dependents(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    let mut failed = Vec::new();
    for pair in &pairs.each {
        let Some(good) = pair.good.as_ref().filter(|good| !good.has_ended()) else { continue };
        if let Err(fault) = steps::dependents::renew(&pair.swap(), good).await {
            failed.push(pair.failed(fault));
        }
    }
    answered_first(failed).map_or(Ok(Done::default()), Err)
}

/// What is left of the bad release is removed at once, and its tags with it: `docker-compose up` goes by both. What
/// fails for one member is told when it has been tried for all.
async fn clean_up(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    let mut failed = Vec::new();
    for pair in &pairs.each {
        if let Err(fault) = clean_up_one(pairs, pair).await {
            failed.push(pair.failed(fault));
        }
    }
    answered_first(failed).map_or(Ok(Done::default()), Err)
}

async fn clean_up_one(pairs: &Pairs<'_>, pair: &Pair) -> Result<(), Fault> {
    if let Some(good) = &pair.good {
        steps::clean_up(&pair.swap(), good).await?;
        if pairs.set.of.retag {
            retag::put_back(&pairs.set.engine, good).await?;
        }
    }
    Ok(remove(pair).await?)
}

/// By its id: it may have had another name than its successor.
async fn remove(pair: &Pair) -> Result<(), EngineError> {
    match pair.swap().bad_now().await? {
        Some(bad) if !bad.up() => pair.on.engine.remove(bad.id()).await,
        Some(_) | None => Ok(()),
    }
}
