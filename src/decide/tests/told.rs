//! Actions and reasons in words, for tables and golden files.

use crate::config::Language;
use crate::decide::action::{Action, Answer, Effect, Persist, When};
use crate::model::incident::IncidentState;
use crate::model::notice::{Notice, Stage};
use crate::model::phrase::Phrase;
use crate::model::reason::Reason;
use crate::model::running::Waits;
use crate::text::{Texts, english};

/// What is wanted, in two or three words.
pub(super) fn kind(action: &Action) -> String {
    match action {
        Action::Tell { notice, .. } => format!("tell {} {}", notice.tier.into_str(), notice.news.into_str()),
        Action::Effect(Effect::Keep { release, .. }) => format!("keep {release}"),
        Action::Effect(Effect::Prove { release, .. }) => format!("prove {release}"),
        Action::Effect(Effect::Forget { release, .. }) => format!("forget {release}"),
        Action::Effect(Effect::Step { step, .. }) => format!("step {}", step.into_str()),
        Action::Effect(Effect::GoOn { .. }) => "go on".to_owned(),
        Action::Effect(Effect::ProbeNow { .. }) => "probe".to_owned(),
        Action::Effect(Effect::Recall { .. }) => "recall".to_owned(),
        Action::Effect(Effect::RunAcceptance { .. }) => "run acceptance".to_owned(),
        Action::Effect(Effect::Drill { level, .. }) => format!("drill {}", level.into_str()),
        Action::Persist(Persist::Remember { .. }) => "remember".to_owned(),
        Action::Persist(Persist::Judged { trigger, verdict, .. }) => {
            format!("judged {trigger} {}", verdict.call.into_str())
        }
        Action::Persist(Persist::Concluded { .. }) => "concluded".to_owned(),
        Action::Persist(Persist::Overdue { .. }) => "overdue".to_owned(),
        Action::Persist(Persist::File { release, state, .. }) => {
            format!("file {} {}", release.version, state.into_str())
        }
        Action::Persist(Persist::Drilled { drill, .. }) => {
            let passed = drill.passed().expect("what is written down has ended");
            format!("drilled {}: {}", drill.version, if passed { "passed" } else { "not passed" })
        }
        Action::Persist(Persist::Log(incident)) => match &incident.state {
            IncidentState::Open => "log open".to_owned(),
            IncidentState::Acknowledged { .. } => "log acknowledged".to_owned(),
            IncidentState::Resolved => "log resolved".to_owned(),
        },
        Action::Answer(Answer::Done { .. }) => "answer done".to_owned(),
        Action::Answer(Answer::Plan { .. }) => "answer plan".to_owned(),
        Action::Answer(Answer::Checklist { .. }) => "answer checklist".to_owned(),
        Action::Answer(Answer::Drill { .. }) => "answer drill".to_owned(),
        Action::Answer(Answer::Refused { .. }) => "answer refused".to_owned(),
    }
}

/// What is wanted, with its reason; `None` for what a reader of a story does not miss.
pub(super) fn line(action: &Action) -> Option<String> {
    Some(match action {
        Action::Tell { notice, channels, when } => tell(notice, channels, *when),
        Action::Persist(Persist::File { release, state, reason, .. }) => {
            let why = reason.as_ref().map(|reason| format!(": {}", why(reason))).unwrap_or_default();
            format!("file {} {}{why}", release.version, state.into_str())
        }
        Action::Effect(Effect::Step { step, plan, .. }) => {
            format!("step {} ({} to {})", step.into_str(), plan.from_version, plan.to_version)
        }
        Action::Effect(Effect::Keep { instance, .. }) => format!("keep {instance}"),
        Action::Effect(Effect::Forget { .. }) => "forget".to_owned(),
        Action::Effect(
            Effect::GoOn { .. }
            | Effect::ProbeNow { .. }
            | Effect::Recall { .. }
            | Effect::RunAcceptance { .. }
            | Effect::Drill { .. },
        )
        | Action::Persist(Persist::Remember { .. } | Persist::Drilled { .. }) => kind(action),
        Action::Persist(Persist::Judged { verdict, .. }) => {
            format!("{}: {}", kind(action), sentence(&verdict.why))
        }
        Action::Answer(Answer::Refused { why }) => format!("refused: {}", english().refusal(why)),
        Action::Answer(Answer::Plan { plan, steps, problems, .. }) => {
            let steps: Vec<&str> = steps.iter().map(crate::model::step::Step::into_str).collect();
            format!("plan {} to {}: {} {problems:?}", plan.from_version, plan.to_version, steps.join(" "))
        }
        Action::Answer(Answer::Done { .. } | Answer::Checklist { .. } | Answer::Drill { .. }) => {
            "done".to_owned()
        }
        Action::Effect(Effect::Prove { .. })
        | Action::Persist(Persist::Log(_) | Persist::Concluded { .. } | Persist::Overdue { .. }) => {
            return None;
        }
    })
}

fn tell(notice: &Notice, channels: &[String], when: When) -> String {
    let mut line = format!("tell {} {}", channels.join(" "), notice.tier.into_str());
    if let When::Gathered(at) = when {
        line = format!("{line} (at {})", at.strftime("%H:%M:%S"));
    }
    match notice.place.stage {
        Stage::First | Stage::Update | Stage::Resolved => {}
        again @ (Stage::Reminder | Stage::Escalation) => line = format!("{line} ({})", again.into_str()),
    }
    line = format!("{line} {}", notice.news.into_str());
    match (&notice.from, &notice.to) {
        (Some(from), Some(to)) => line = format!("{line} from {from} to {to}"),
        (Some(from), None) => line = format!("{line} of {from}"),
        (None, Some(to)) => line = format!("{line} to {to}"),
        (None, None) => {}
    }
    if let Some(reason) = &notice.reason {
        line = format!("{line}: {}", why(reason));
    }
    if notice.place.flaps > 0 {
        line = format!("{line} [back {} times]", notice.place.flaps);
    }
    if notice.place.suppressed > 0 {
        line = format!("{line} [{} suppressed]", notice.place.suppressed);
    }
    if !notice.evidence.is_empty() {
        line = format!("{line} [{} samples]", notice.evidence.len());
    }
    line
}

/// A sentence in English, which is one in Chinese too.
pub(super) fn sentence(phrase: &Phrase) -> String {
    for texts in [english(), &Texts::new(Language::Chinese, None)] {
        let (said, table) = (texts.sentence(phrase), phrase.name.split('.').next().unwrap());
        assert!(!said.is_empty() && !said.contains(&format!("{table}.")), "{phrase:?}: {said}");
    }
    english().sentence(phrase)
}

/// A reason in words.
pub(super) fn why(reason: &Reason) -> String {
    match reason {
        Reason::Health { check, failures, limit, seen } => format!("{check} {failures}/{limit} \"{seen}\""),
        Reason::Breach(breach) => {
            format!("breach by {}, {}", breach.rule.into_str(), english().reason(reason))
        }
        Reason::Flapping { check, failures, of, seen } => format!("{check} flaps {failures}/{of} \"{seen}\""),
        Reason::CheckFails { check, times, lasted, seen } => {
            format!("{check} failed {times}x for {}s \"{seen}\"", lasted.as_secs())
        }
        Reason::CrashLoop { ended, .. } => format!("crash loop, {ended} times"),
        Reason::GivenUp { seen } => format!("given up \"{seen}\""),
        Reason::NotToBlame { blame, cause } => format!("not to blame ({}), {}", blame.into_str(), why(cause)),
        Reason::Doubts(all) => all.iter().map(sentence).collect::<Vec<_>>().join("; "),
        Reason::Unproved(all) => {
            format!("unproved: {}", all.iter().map(sentence).collect::<Vec<_>>().join("; "))
        }
        Reason::Acceptance { .. } | Reason::Overdue { .. } => english().reason(reason),
        Reason::Unanswered(cause) => format!("unanswered, {}", why(cause)),
        Reason::Person { by, why } => format!("{by} {:?}", why.as_deref().unwrap_or_default()),
        Reason::Accepted { .. } => english().reason(reason),
        Reason::Blind { check, lasted, seen } => format!("{check} blind {}s \"{seen}\"", lasted.as_secs()),
        Reason::Undecided { check } => format!("{check} undecided"),
        Reason::OnHold { cause, .. } => format!("on hold, {}", why(cause)),
        Reason::AskFirst(cause) => format!("ask first, {}", why(cause)),
        Reason::Irreversible { why: said, cause } => format!("irreversible \"{said}\", {}", why(cause)),
        Reason::NothingAccepted(cause) => format!("nothing accepted, {}", why(cause)),
        Reason::Budget { per_day, cause } => format!("{per_day} a day used up, {}", why(cause)),
        Reason::Maintenance { until, cause } => {
            format!("maintenance until {}, {}", until.strftime("%T"), why(cause))
        }
        Reason::Quarantined { version, same, cause, .. } => {
            format!("{} {version} again, {}", if *same { "release" } else { "image of" }, why(cause))
        }
        Reason::ChecklistOpen { open, .. } => format!("open: {}", open.join(", ")),
        Reason::Frozen { until } => format!("frozen until {until}"),
        Reason::Unheard(cause) => format!("unheard, {}", why(cause)),
        Reason::Step { step, seen } => format!("step {} \"{seen}\"", step.into_str()),
        Reason::Stuck { undo, runs, cause } => {
            let undo = undo.as_ref().map(|undo| format!(", not put back \"{undo}\"")).unwrap_or_default();
            format!("{}{undo}, {runs:?} runs", why(cause))
        }
        Reason::Unverified { check, seen } => {
            format!("unverified {} \"{seen}\"", check.as_deref().unwrap_or("-"))
        }
        Reason::WrongImage { running, wanted } => format!("{running} runs, wanted {wanted}"),
        Reason::Superseded { version } => format!("superseded by {version}"),
        Reason::Stopped { waits, signal } => {
            format!("stopped by {}, {}", signal.as_deref().unwrap_or("?"), waiting(waits))
        }
        Reason::Unfinished { waits, lasted } => {
            format!("unfinished for {}s, {}", lasted.as_secs(), waiting(waits))
        }
        Reason::Restarted { times, seen } => format!("restarted {times} times in vain \"{seen}\""),
        Reason::Drill(_) | Reason::Set(_) => english().reason(reason),
        Reason::Said(said) => said.clone(),
    }
}

/// What a deployment waits for, in words.
pub(super) fn waiting(waits: &[Waits]) -> String {
    let each = waits.iter().map(|waits| match waits {
        Waits::Announced(version) => format!("announced {version}"),
        Waits::Settling => "settling".to_owned(),
        Waits::End(name) => format!("end of {name}"),
        Waits::Start(name) => format!("start of {name}"),
        Waits::StartAgain(name) => format!("start of {name} again"),
        Waits::GoOn(name) => format!("{name} to go on"),
        Waits::Engine => "engine".to_owned(),
        Waits::EndedWithEngine(name) => format!("start of {name}, which ended with the engine"),
    });
    each.collect::<Vec<_>>().join(", ")
}
