//! The page as HTML. Whatever a service, a registry or a person wrote is shown as text: the templates escape it.

use jiff::Timestamp;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

use super::{Shelf, Stage, Told};
use crate::decide::view::{ReleaseView, ServiceView, TriggerView, View};
use crate::model::facts::Hold;
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::Tier;
use crate::model::verdict::Call;
use crate::text::Texts;
use crate::untrusted::clean;

/// The templates.
pub(super) struct Drawing(Environment<'static>);

/// A service as it is drawn.
struct Section {
    name: String,
    phase: String,
    mood: &'static str,
    rows: Vec<Row>,
    triggers: Vec<Value>,
}

/// A name and what there is to say.
struct Row {
    name: String,
    text: String,
    mood: &'static str,
}

impl Drawing {
    pub(super) fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in [("status", include_str!("status.html")), ("ack", include_str!("ack.html"))] {
            templates.add_template(name, text).expect("the built-in templates are tested");
        }
        Self(templates)
    }

    /// Everything.
    pub(super) fn status(&self, stage: &Stage, view: &View, shelf: &Shelf) -> String {
        let (texts, now) = (&stage.texts, stage.clock.now());
        let say = |name: &str| texts.page(name, "");
        let troubles = [
            ("trouble-docker", &view.docker_error),
            ("trouble-swarm", &view.swarm_error),
            ("trouble-clock", &view.clock_skew),
            ("trouble-state", &view.store_error),
            ("trouble-rules", &view.config_error),
        ];
        let troubles: Vec<String> =
            troubles.iter().filter_map(|(name, why)| Some(texts.page(name, why.as_ref()?))).collect();
        let services: Vec<Section> =
            view.services.iter().map(|service| Section::new(service, stage, now)).collect();
        let well = troubles.is_empty() && services.iter().all(|service| service.mood == "good");
        let over = |incident: &Incident| *incident.standing() == IncidentState::Resolved;
        let quiet = match (services.is_empty(), well && view.incidents.iter().all(over)) {
            (true, _) => say("nothing"),
            (false, true) => say("quiet"),
            (false, false) => String::new(),
        };
        let incidents: Vec<_> =
            view.incidents.iter().map(|incident| self::incident(incident, stage)).collect();
        let deliveries: Vec<_> =
            shelf.deliveries.iter().map(|delivery| self::delivery(delivery, stage)).collect();
        self.render(
            "status",
            context! {
                lang => texts.tag(),
                title => texts.page("title", &stage.host),
                troubles,
                quiet,
                services => services.into_iter().map(Section::value).collect::<Vec<_>>(),
                heads => [say("trigger"), say("value"), say("limit")],
                rules_head => say("rules"),
                rules => view.rules.iter().map(|rule| line(rule, stage)).collect::<Vec<_>>(),
                incidents_head => say("incidents"),
                none_open => say("none-open"),
                incidents,
                deliveries_head => say("alerts"),
                deliveries,
                as_of => texts.page("as-of", &texts.time(now)),
            },
        )
    }

    /// What a link from an alert does, or did.
    pub(super) fn acknowledge(
        &self,
        stage: &Stage,
        question: Option<&Incident>,
        said: Option<(&'static str, String)>,
        link: &str,
    ) -> String {
        let texts = &stage.texts;
        let (name, about) = said.unwrap_or(("ack-question", String::new()));
        self.render(
            "ack",
            context! {
                lang => texts.tag(),
                title => texts.page("title", &stage.host),
                incident => question.map(|incident| headline(incident, &stage.texts)),
                text => texts.page(name, &about),
                link,
                button => texts.page("ack-button", ""),
            },
        )
    }

    fn render(&self, name: &str, values: Value) -> String {
        let drawn = self.0.get_template(name).and_then(|template| template.render(values));
        drawn.unwrap_or_else(|error| {
            tracing::error!(%error, "failed to draw the page");
            "<!doctype html><title>golive</title><p>The page cannot be drawn; see the journal.</p>".to_owned()
        })
    }
}

impl Section {
    fn value(self) -> Value {
        let row = |Row { name, text, mood }: Row| context! { name, text, mood };
        let rows: Vec<Value> = self.rows.into_iter().map(row).collect();
        context! { name => self.name, phase => self.phase, mood => self.mood, rows, triggers => self.triggers }
    }

    fn new(service: &ServiceView, stage: &Stage, now: Timestamp) -> Self {
        let texts = &stage.texts;
        let rows = Rows { stage, now, all: Vec::new() }.of(service);
        let troubled = rows.iter().any(|row| row.mood == "bad");
        let mood = match service.phase {
            "held" | "needs-person" => "bad",
            _ if troubled => "bad",
            "idle" => "good",
            _ => "warn",
        };
        Self {
            name: clean(&service.name),
            phase: texts.page(service.phase, ""),
            mood,
            rows,
            triggers: service.triggers.iter().map(|trigger| line(trigger, stage)).collect(),
        }
    }
}

/// The rows of one service.
struct Rows<'a> {
    stage: &'a Stage,
    now: Timestamp,
    all: Vec<Row>,
}

impl Rows<'_> {
    fn of(mut self, service: &ServiceView) -> Vec<Row> {
        let texts = &self.stage.texts;
        let say = |name: &str| texts.page(name, "");
        if let Some(at_hand) = &service.release {
            let text = self.at_hand(at_hand, service.phase);
            self.row("release", &text, "");
        }
        if let Some(why) = &service.why {
            self.row("why", &texts.reason(why), "bad");
        }
        match &service.running {
            Some(running) if running.alive => self.row("runs", &running.version, ""),
            Some(running) => {
                let text = format!("{}, {}", running.version, say("not-running"));
                self.row("runs", &text, "bad");
            }
            None => self.row("runs", &say("nothing-seen"), "warn"),
        }
        match &service.accepted {
            Some(accepted) => self.row("accepted", &accepted.version, ""),
            None => self.row("accepted", &say("none-yet"), "warn"),
        }
        if let Some(deployment) = &service.deployment {
            self.row("deployment", &self.stage.texts.waiting(&deployment.waits), "warn");
        }
        if let Some(announced) = &service.announced {
            self.row("announced", &announced.version, "");
        }
        match service.problems.as_deref() {
            None => self.row("rollback", &say("not-looked"), "warn"),
            Some([]) if service.standby_reason.is_some() => self.row("rollback", &say("ready-here"), "good"),
            Some([]) => self.row("rollback", &say("ready"), "good"),
            Some(problems) => {
                self.row("rollback", &format!("{}: {}", say("not-ready"), problems.join("; ")), "bad");
            }
        }
        for warning in &service.warnings {
            self.row("warning", &texts.sentence(warning), "warn");
        }
        if let Some(diverged) = &service.diverged {
            let lasts = texts.page("for", &self.lasting(self.now, diverged.since));
            self.row("diverged", &format!("{lasts}: {}", texts.reason(&diverged.why)), "bad");
        }
        if let Some(veto) = &service.veto {
            let text = format!("{}: {}", texts.time(veto.ends), texts.reason(&veto.cause));
            self.row("veto", &text, "bad");
        }
        for (what, until) in [("maintenance", service.maintenance), ("freeze", service.freeze)] {
            if let Some(until) = until {
                self.row(what, &texts.page("until", &texts.time(until)), "warn");
            }
        }
        if let Some(why) = &service.standby_reason {
            self.row("only-watches", why, "warn");
        }
        if let Some(hold) = &service.hold {
            let text = self.hold(hold);
            self.row("on-hold", &text, "warn");
        }
        self.all
    }

    fn at_hand(&self, at_hand: &ReleaseView, phase: &str) -> String {
        let texts = &self.stage.texts;
        let left = if phase == "verifying" { "at-most" } else { "left" };
        let left = at_hand.ends.map(|ends| texts.page(left, &self.lasting(ends, self.now)));
        let step = at_hand.step.map(|step| format!("{} {step}", texts.page("step", "")));
        let release = format!("{} ({})", at_hand.release.version, at_hand.release.id);
        [Some(release), left, step].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn hold(&self, hold: &Hold) -> String {
        let texts = &self.stage.texts;
        let until = hold.until.map(|until| texts.page("until", &texts.time(until)));
        let parts = [Some(texts.page("by", &hold.by)), until, hold.why.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn lasting(&self, later: Timestamp, earlier: Timestamp) -> String {
        self.stage.texts.duration(later.duration_since(earlier).try_into().unwrap_or_default())
    }

    fn row(&mut self, name: &str, text: &str, mood: &'static str) {
        let name = self.stage.texts.page(name, "");
        self.all.push(Row { name, text: clean(text), mood });
    }
}

fn line(trigger: &TriggerView, stage: &Stage) -> Value {
    let verdict = &trigger.verdict;
    let mood = match verdict.call {
        Call::Pass => "good",
        Call::Fail => "bad",
        Call::Wait | Call::Blind => "warn",
    };
    let value = stage.texts.value(trigger.value(), verdict.unit);
    context! {
        name => clean(&trigger.name),
        value,
        limit => stage.texts.limit(verdict.limit, verdict.bound, verdict.unit),
        verdict => stage.texts.page(verdict.call.into_str(), ""),
        mood,
        why => stage.texts.sentence(&verdict.why),
    }
}

fn incident(incident: &Incident, stage: &Stage) -> Value {
    let texts = &stage.texts;
    let state = incident.standing();
    let taken = match state {
        IncidentState::Acknowledged { by } => texts.page("has-it", by),
        IncidentState::Resolved => {
            let until = incident.resolve_at.map(|at| texts.page("calm", &texts.time(at)));
            until.unwrap_or_else(|| texts.page("ack-over", ""))
        }
        IncidentState::Open => String::new(),
    };
    let mood = match (incident.tier, state) {
        (_, IncidentState::Resolved) => "good",
        (Tier::Urgent | Tier::Important, IncidentState::Open) => "bad",
        (Tier::Urgent | Tier::Important, IncidentState::Acknowledged { .. }) | (Tier::General, _) => "warn",
    };
    let since = texts.page("since", &texts.time(incident.began));
    context! { text => headline(incident, texts), id => clean(&incident.id), taken, mood, since }
}

/// Tier, service and what it is about, in one line.
fn headline(incident: &Incident, texts: &Texts) -> String {
    let about = clean(incident.service.as_deref().unwrap_or("golive"));
    format!("[{}] {about}: {}", texts.tier(incident.tier), texts.incident(incident))
}

fn delivery(delivery: &Told, stage: &Stage) -> Value {
    let texts = &stage.texts;
    let mood = match delivery.state.as_str() {
        "sent" => "good",
        "pending" => "warn",
        _ => "bad",
    };
    context! {
        at => texts.time(delivery.notice.at),
        subject => texts.subject(&delivery.notice),
        channel => clean(&delivery.channel),
        state => texts.page(&delivery.state, ""),
        mood,
    }
}
