//! A small language for stories about one service; `tests/scenarios/README.md` is its manual.

use std::time::Duration;

use jiff::Timestamp;

use super::fixture::{API, World, happening, later, running, sample, secs, service_policy, start_of_time};
use super::told;
use crate::decide::action::{Action, Effect};
use crate::model::acceptance::Verdict;
use crate::model::drill::Level;
use crate::model::event::{Ask, Event, ServiceEvent};
use crate::model::plan::Plan;
use crate::model::release::{Announcement, Release};
use crate::model::sample::Outcome;
use crate::model::step::{Fault, FaultKind, Step};
use crate::model::tests as plain;

mod always;
mod policy;
mod seen;

/// Checks are made so often.
const INTERVAL: Duration = Duration::from_secs(5);

/// A story being told: what was decided is written down as it goes.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) out: String,
    step: Option<(Plan, Step)>,
    answer: Option<Event>,
    unready: Vec<String>,
    containers: u32,
}

impl Story {
    pub(super) fn new() -> Self {
        let world = World::new(service_policy());
        Self { world, out: String::new(), step: None, answer: None, unready: Vec::new(), containers: 0 }
    }

    /// One line: `[+TIME] VERB …`.
    pub(super) fn line(&mut self, line: &str) {
        let words = words(line);
        let Some(first) = words.first() else { return };
        let mut rest = &words[..];
        if let Some(pause) = first.strip_prefix('+') {
            self.pass(duration(pause));
            rest = &words[1..];
        }
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        match rest[..] {
            [] => {}
            ["policy", ..] => {
                policy::set(self.world.service_policy(), &rest[1..]);
                self.world.reload();
            }
            ["reload", ..] => {
                policy::set(self.world.service_policy(), &rest[1..]);
                self.world.reload();
                self.happens(&rest.join(" "), &Event::ConfigReloaded);
            }
            ["always", name, ref settings @ ..] => {
                always::set(&mut self.world.policy.rules, name, settings);
                self.world.reload();
            }
            ["live", ..] => rest[1..].iter().for_each(|version| self.live(version)),
            ["kill"] => self.kill(),
            ["kill", "for", lasts] => {
                self.world.now = later(self.world.now, duration(lasts));
                self.kill();
            }
            ["unready", ..] => self.unready = rest[1..].iter().map(|why| (*why).to_owned()).collect(),
            ["stands-still", lasts] => {
                let since = self.world.now;
                self.world.now = later(since, duration(lasts));
                self.happens("goes on", &Event::StoodStill { since });
            }
            ["status"] => self.status(),
            ["due"] => self.happens("due", &Event::Due),
            ["steps"] => self.steps(None),
            ["steps", "until", step] => self.steps(Some(step)),
            _ => self.verb(&rest, line),
        }
    }

    /// What `golive status` would show.
    fn status(&mut self) {
        let view = self.world.state.view().services.remove(0);
        let version = |release: Option<&Release>| release.map_or("-".to_owned(), |it| it.version.clone());
        let at_hand = view.release.as_ref().map(|at_hand| &at_hand.release);
        self.write(&format!("{} status: {}", self.clock(), view.phase));
        self.write(&format!(
            "           at hand {}, announced {}, accepted {}, runs {}, {}",
            version(at_hand),
            version(view.announced.as_ref()),
            version(view.accepted.as_ref()),
            view.running.as_ref().map_or("-", |running| &running.version),
            told::sentence(&view.triggers[0].verdict.why),
        ));
        if let Some(diverged) = &view.diverged {
            let known = view.diverged_known_to.as_ref().map(|by| format!(", {by} knows")).unwrap_or_default();
            self.write(&format!("           diverged: {}{known}", told::why(&diverged.why)));
        }
        if let Some(veto) = &view.veto {
            let left = veto.ends.duration_since(self.world.now).as_secs();
            self.write(&format!("           rolls back in {left}s: {}", told::why(&veto.cause)));
        }
        for bad in &view.quarantine {
            self.write(&format!("           known bad: {}, {}", bad.version, told::why(&bad.why)));
        }
    }

    /// Nothing comes while golive is down, not even a deadline.
    fn kill(&mut self) {
        self.world.kill();
        self.step = None;
        self.happens("kill", &Event::Started);
    }

    fn verb(&mut self, rest: &[&str], line: &str) {
        let said = rest.join(" ");
        let event = match *rest {
            ["seen", "nothing"] => happening(ServiceEvent::Seen(None)),
            ["seen", version] => {
                self.containers += 1;
                let instance = format!("c{}-{version}", self.containers);
                happening(ServiceEvent::Seen(Some(running(version, &instance))))
            }
            ["seen", version, "in", instance] => {
                happening(ServiceEvent::Seen(Some(running(version, instance))))
            }
            ["seen", version, "in", instance, what] => {
                let running = seen::changed(running(version, instance), what, self.world.now);
                happening(ServiceEvent::Seen(Some(running)))
            }
            ["seen", version, "as", ref members @ ..] => {
                happening(ServiceEvent::Seen(Some(seen::set(version, members, self.world.now))))
            }
            ["stopping", instance] => {
                happening(ServiceEvent::Stopping { instance: instance.to_owned(), signal: "15".to_owned() })
            }
            ["stopped", instance] => happening(ServiceEvent::Died {
                instance: instance.to_owned(),
                asked: true,
                exit: Some(0),
                oom: false,
            }),
            ["died"] => happening(ServiceEvent::Died {
                instance: "some".to_owned(),
                asked: false,
                exit: Some(137),
                oom: false,
            }),
            ["step-done"] | ["step-done", _] => self.done(rest.get(1).copied()),
            ["step-fail", kind, text] => self.failed(kind, text),
            ["ask", ..] => happening(ServiceEvent::Asked { by: "ann".to_owned(), ask: ask(&rest[1..]) }),
            ["acceptance", "pass"] => self.accepted(Verdict::Pass, ""),
            ["acceptance", "fail", why] => self.accepted(Verdict::Fail, why),
            ["acceptance", "blind", why] => self.accepted(Verdict::NoData, why),
            ["drill", "pass"] => self.drilled(&[]),
            ["drill", "fail", why] => self.drilled(&[why]),
            ["ack", incident] => Event::Acknowledged { incident: incident.to_owned(), by: "ann".to_owned() },
            ["again"] => self.answer.clone().expect("a step was answered"),
            ["engine-lost"] => Event::EngineLost { why: "connection refused".to_owned() },
            ["engine-back"] => Event::EngineBack,
            ["store-lost"] => Event::StoreLost { why: "no space left".to_owned() },
            ["store-back"] => Event::StoreBack,
            ["config-rejected"] => Event::ConfigRejected { why: "rules.toml:3:1".to_owned() },
            ["check", name, ..] => return self.looked(name, &rest[2..]),
            [check, ..] if self.world.policy.services[API].checks.iter().any(|known| known == check) => {
                return self.sampled(check, &rest[1..]);
            }
            _ => panic!("not understood: {line}"),
        };
        if let ["step-done" | "step-fail", ..] = *rest {
            self.answer = Some(event.clone());
        }
        self.happens(&said, &event);
    }

    /// `web ok`, `web fail "why" x3`, `web ok for 10m`: one every five seconds.
    fn sampled(&mut self, check: &str, rest: &[&str]) {
        self.looks(rest, INTERVAL, |at, outcome| {
            (check.to_owned(), happening(ServiceEvent::Sampled(sample(check, at, outcome))))
        });
    }

    /// The same look, as often as is said, and what it is called.
    fn looks(
        &mut self,
        said: &[&str],
        every: Duration,
        event: impl Fn(Timestamp, Outcome) -> (String, Event),
    ) {
        let (outcome, word, rest) = match *said {
            ["ok", ref rest @ ..] => (Outcome::Ok, "ok".to_owned(), rest),
            ["fail", why, ref rest @ ..] => {
                (Outcome::Failed(why.to_owned()), format!("fail \"{why}\""), rest)
            }
            ["blind", why, ref rest @ ..] => {
                (Outcome::Blind(why.to_owned()), format!("blind \"{why}\""), rest)
            }
            _ => panic!("not understood: {said:?}"),
        };
        let times = match *rest {
            [] => 1,
            [times] => times.strip_prefix('x').unwrap().parse().unwrap(),
            ["for", lasts] => duration(lasts).as_secs() / every.as_secs(),
            _ => panic!("not understood: {said:?}"),
        };
        for round in 0..times {
            if round > 0 {
                self.pass(every);
            }
            let (name, event) = event(self.world.now, outcome.clone());
            self.happens(&format!("{name} {word}"), &event);
        }
    }

    /// A version that was accepted before the story begins.
    fn live(&mut self, version: &str) {
        self.line(&format!("seen {version} in c-{version}"));
        self.line("web ok x3");
        if self.world.facts().release.is_some() {
            self.line("ask accept");
        }
        self.out.clear();
        self.pass(secs(60));
    }

    fn steps(&mut self, until: Option<&str>) {
        while let Some((_, step)) = &self.step {
            if until == Some(step.into_str()) {
                return;
            }
            self.line("step-done");
        }
    }

    fn done(&mut self, instance: Option<&str>) -> Event {
        let (plan, step) = self.step.take().expect("a step is under way");
        let made = matches!(step, Step::Create | Step::Start).then_some("c-next");
        let instance = instance.or(made).map(str::to_owned);
        happening(ServiceEvent::StepDone { rollback: plan.rollback, step, instance, output: None })
    }

    /// The items of the release at hand were made: one has passed, another has shown this.
    fn accepted(&self, verdict: Verdict, message: &str) -> Event {
        let release = self.world.facts().release.as_ref().map(|at_hand| at_hand.id.clone());
        let items = vec![plain::item("home", Verdict::Pass, ""), plain::item("search", verdict, message)];
        happening(ServiceEvent::AcceptanceRan { release: release.unwrap_or_default(), items })
    }

    /// What the drill at hand asked of the runtime was made.
    fn drilled(&self, problems: &[&str]) -> Event {
        let drill = self.world.facts().drills.newest.as_ref().map(|drill| drill.id.clone());
        let problems = problems.iter().map(|problem| (*problem).to_owned()).collect();
        happening(ServiceEvent::Drilled {
            drill: drill.unwrap_or_else(|| panic!("no drill is under way:\n{}", self.out)),
            problems,
        })
    }

    fn failed(&mut self, kind: &str, text: &str) -> Event {
        let (plan, step) = self.step.take().expect("a step is under way");
        let kind = match kind {
            "unreachable" => FaultKind::Unreachable,
            "lost" => FaultKind::Lost,
            "transient" => FaultKind::Transient,
            "refused" => FaultKind::Refused,
            "foreign" => FaultKind::Foreign,
            "irreversible" => FaultKind::Irreversible,
            _ => panic!("no such fault: {kind}"),
        };
        let fault = Fault { kind, text: text.to_owned() };
        happening(ServiceEvent::StepFailed { rollback: plan.rollback, step, fault })
    }

    /// Time passes; deadlines come as they were asked for.
    fn pass(&mut self, pause: Duration) {
        let until = later(self.world.now, pause);
        while let Some(at) = self.world.state.next_deadline().filter(|at| *at <= until) {
            self.world.now = at.max(self.world.now);
            self.happens("due", &Event::Due);
            let next = self.world.state.next_deadline();
            assert!(next.is_none_or(|next| next > self.world.now), "due at {next:?} again:\n{}", self.out);
        }
        self.world.now = until;
    }

    fn happens(&mut self, said: &str, event: &Event) {
        let before = self.world.facts().phase.into_str();
        let actions = self.world.step(event);
        let after = self.world.facts().phase.into_str();
        // Once an hour, and of no interest in a story.
        let again = |action: &&Action| said == "due" && matches!(action, Action::Effect(Effect::Keep { .. }));
        let lines: Vec<String> =
            actions.iter().filter(|action| !again(action)).filter_map(told::line).collect();
        if !lines.is_empty() || before != after || ["kill", "again"].contains(&said) {
            self.write(&format!("{} {said}", self.clock()));
        }
        for line in lines {
            self.write(&format!("           {line}"));
        }
        if before != after {
            self.write(&format!("         = {after}"));
        }
        self.serve(&actions);
    }

    /// Keeping and proving are answered at once; a step waits for the story.
    fn serve(&mut self, actions: &[Action]) {
        for action in actions {
            let problems = self.unready.clone();
            match action {
                Action::Effect(Effect::Keep { release, .. }) => {
                    let release = release.clone();
                    self.happens("kept", &happening(ServiceEvent::Kept { release, problems }));
                }
                Action::Effect(Effect::Prove { release, .. }) => {
                    let release = release.clone();
                    self.happens("proved", &happening(ServiceEvent::Proved { release, problems }));
                }
                Action::Effect(Effect::Step { plan, step, .. }) => self.step = Some((plan.clone(), *step)),
                Action::Tell { .. } | Action::Effect(_) | Action::Persist(_) | Action::Answer(_) => {}
            }
        }
        let at_hand = ["rolling-back", "verifying"].contains(&self.world.facts().phase.into_str());
        self.step = self.step.take().filter(|_| at_hand);
    }

    fn clock(&self) -> String {
        let seconds = self.world.now.duration_since(start_of_time()).as_secs();
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn write(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

fn ask(words: &[&str]) -> Ask {
    match *words {
        ["accept"] => Ask::Accept { reason: None, force: false },
        ["accept", "force"] => Ask::Accept { reason: None, force: true },
        ["abort"] => Ask::Abort,
        ["rollback"] => Ask::Rollback { to: None, reason: None, known_bad: false },
        ["rollback", "to", to] => Ask::Rollback { to: Some(to.to_owned()), reason: None, known_bad: false },
        ["plan"] => Ask::Plan { to: None },
        ["plan", "to", to] => Ask::Plan { to: Some(to.to_owned()) },
        ["hold"] => Ask::Hold { lasts: None, reason: None },
        ["hold", lasts] => Ask::Hold { lasts: Some(duration(lasts)), reason: None },
        ["resume"] => Ask::Resume,
        ["drill", ref how @ ..] => Ask::Drill {
            level: match how {
                ["steps", ..] => Level::Steps,
                ["swap", ..] => Level::Swap,
                _ => Level::Ready,
            },
            page: how.contains(&"page"),
            for_real: how.contains(&"for-real"),
        },
        ["release", version] => {
            Ask::Release(Announcement { version: version.to_owned(), ..Announcement::default() })
        }
        ["release", version, "irreversible", why] => Ask::Release(Announcement {
            version: version.to_owned(),
            irreversible: Some(why.to_owned()),
            ..Announcement::default()
        }),
        _ => panic!("cannot be asked: {words:?}"),
    }
}

fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "s" => secs(number),
        "m" => secs(number * 60),
        "h" => secs(number * 3600),
        "d" => secs(number * 86400),
        _ => panic!("no such duration: {text}"),
    }
}

/// Words, where quotation marks keep some together; `#` begins a remark.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('#').next().unwrap_or_default().split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
