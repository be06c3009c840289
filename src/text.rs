//! Words for people, in their language: the core's vocabulary as sentences.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Environment, UndefinedBehavior, context};

use crate::config::Language;
use crate::decide::curve::{Curve, Mark};
use crate::model::drill::Finding;
use crate::model::incident::Incident;
use crate::model::notice::{News, Notice, Tier};
use crate::model::reason::{Blame, Reason, Runs};
use crate::model::release::ReleaseState;
use crate::model::step::Step;
use crate::model::witness::Witness;
use crate::untrusted::clean;

mod acceptance;
mod asked;
mod breach;
mod deployment;
mod live;
mod numbers;
mod phrase;
mod refusal;
mod remark;
mod set;
#[cfg(test)]
mod tests;
mod thread;

/// The sentences of one language, and the zone that times are told in.
#[derive(Debug)]
pub struct Texts {
    language: Language,
    /// By name. Each is made a template of when it is said, which is seldom: kept as one it takes 6 KiB.
    catalogue: BTreeMap<String, String>,
    environment: Environment<'static>,
    zone: TimeZone,
}

/// For logs: in English, with times in UTC.
pub fn english() -> &'static Texts {
    static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::new(Language::English, Some(TimeZone::UTC)));
    &ENGLISH
}

impl Texts {
    /// The built-in sentences.
    pub fn new(language: Language, zone: Option<TimeZone>) -> Self {
        let text = match language {
            Language::English => include_str!("text/en.toml"),
            Language::Chinese => include_str!("text/zh-CN.toml"),
        };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        Self { language, catalogue: flat(text), environment, zone: zone.unwrap_or_else(TimeZone::system) }
    }

    /// Tier, service, what was done, from which version to which, and why: all that fits into one line.
    pub fn subject(&self, notice: &Notice) -> String {
        // What is only well to know has a line of its own further down.
        let bad = matches!(&notice.reason, Some(Reason::Accepted { despite: Some(_), .. }));
        let aside = matches!(notice.news, News::ReleaseDetected | News::ReleaseAccepted) && !bad;
        let why = notice.reason.as_ref().filter(|_| !aside);
        let why = why.map(|reason| format!(" ({})", self.reason(reason).trim_end_matches(['.', '。'])));
        let why = why.unwrap_or_default();
        format!("{}{why}", self.title(notice))
    }

    /// The subject without the reason, for where that has a place of its own.
    pub fn title(&self, notice: &Notice) -> String {
        let service = notice.service.as_deref().unwrap_or("golive");
        format!("[{}] {}: {}", self.tier(notice.tier), clean(service), self.news(notice))
    }

    /// What an incident is about, with the reason: for lists.
    pub fn incident(&self, incident: &Incident) -> String {
        let Incident { news, from, to, reason, .. } = incident;
        let why = reason.as_ref().map(|reason| format!(": {}", self.reason(reason))).unwrap_or_default();
        self.happened(news, (from.as_deref(), to.as_deref()), reason.as_ref()) + &why
    }

    /// What happened, in a few words.
    pub fn news(&self, notice: &Notice) -> String {
        let versions = (notice.from.as_deref(), notice.to.as_deref());
        self.happened(&notice.news, versions, notice.reason.as_ref())
    }

    fn happened(
        &self,
        news: &News,
        (from, to): (Option<&str>, Option<&str>),
        reason: Option<&Reason>,
    ) -> String {
        let (from, to) = (from.map(clean), to.map(clean));
        let version = from.as_ref().map(|version| format!("{version} ")).unwrap_or_default();
        let known = |version: Option<String>| version.unwrap_or_else(|| "?".to_owned());
        // These are told without the other version where there is none.
        let from = if *news == News::ReleaseDetected { from } else { Some(known(from)) };
        let alone = matches!(news, News::ReleaseSuperseded | News::DriftDetected | News::DriftResolved);
        let to = if alone { to } else { Some(known(to)) };
        let lasts = news.lasts().map(|lasts| self.duration(lasts));
        let channel = news.channel().map(clean);
        let count = if let News::Digest { count } = news { *count } else { 0 };
        let (rule, check) = (news.rule().map(clean), news.is_of_check());
        let (by, despite) = match reason {
            Some(Reason::Accepted { by, despite, .. }) => (Some(clean(by)), despite.is_some()),
            Some(_) | None => (None, false),
        };
        self.say(
            &format!("news.{}", news.into_str()),
            context! { from, to, version, lasts, channel, count, rule, check, by, despite },
        )
    }

    /// What golive does now, and what the reader should do.
    pub fn next(&self, notice: &Notice) -> String {
        let service = notice.service.as_deref().map(clean).unwrap_or_default();
        let check = notice.news.is_of_check();
        self.say(&format!("next.{}", notice.news.into_str()), context! { service, check })
    }

    /// Why, in one sentence.
    pub fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Health { check, failures, limit, seen } => self.health(check, *failures, *limit, seen),
            Reason::Breach(breach) => self.breach(breach),
            Reason::Flapping { check, failures, of, seen } => self.flapping(check, *failures, *of, seen),
            Reason::CheckFails { check, times, lasted, seen } => self.fails(check, *times, *lasted, seen),
            Reason::CrashLoop { ended, within, seen } => self.crash_loop(*ended, *within, seen),
            Reason::GivenUp { seen } => self.say("reason.given-up", context! { seen => clean(seen) }),
            Reason::NotToBlame { blame, cause } => {
                self.because("not-to-blame", cause, context! { blame => self.blame(blame) })
            }
            Reason::Unproved(sentences) => self.unproved(sentences),
            Reason::Acceptance { of, short } => self.acceptance(*of, short),
            Reason::Doubts(sentences) => self.all(sentences),
            Reason::Unanswered(cause) => self.because("unanswered", cause, context! {}),
            Reason::Person { by, why } => {
                self.say("reason.person", context! { by => clean(by), why => why.as_deref().map(clean) })
            }
            Reason::Accepted { .. } => self.accepted(reason),
            Reason::Blind { check, lasted, seen } => {
                let lasted = self.duration(*lasted);
                self.say("reason.blind", context! { check => clean(check), lasted, seen => clean(seen) })
            }
            Reason::Undecided { check } => self.say("reason.undecided", context! { check => clean(check) }),
            Reason::OnHold { why, cause } => {
                self.because("on-hold", cause, context! { why => why.as_deref().map(clean) })
            }
            Reason::AskFirst(cause) => self.because("ask-first", cause, context! {}),
            Reason::Irreversible { why, cause } => {
                self.because("irreversible", cause, context! { why => clean(why) })
            }
            Reason::NothingAccepted(cause) => self.because("nothing-accepted", cause, context! {}),
            Reason::Budget { per_day, cause } => self.because("budget", cause, context! { per_day }),
            Reason::Maintenance { until, cause } => {
                self.because("maintenance", cause, context! { until => self.time(*until) })
            }
            Reason::Quarantined { version, at, same, cause } => self.quarantined(version, *at, *same, cause),
            Reason::ChecklistOpen { open, .. } => self.checklist_open(open),
            Reason::Frozen { until } => self.say("reason.frozen", context! { until => self.time(*until) }),
            Reason::Overdue { tasks, more } => self.overdue(tasks, *more),
            Reason::Unheard(cause) => self.because("unheard", cause, context! {}),
            Reason::Step { step, seen } => {
                self.say("reason.step", context! { step => self.step(*step), seen => clean(seen) })
            }
            Reason::Stuck { undo, runs, cause } => self.stuck(undo.as_deref(), runs, cause),
            Reason::Unverified { check, seen } => self.say(
                "reason.unverified",
                context! { check => check.as_deref().map(clean), seen => clean(seen) },
            ),
            Reason::WrongImage { running, wanted } => self
                .say("reason.wrong-image", context! { running => clean(running), wanted => clean(wanted) }),
            Reason::Superseded { version } => {
                self.say("reason.superseded", context! { version => clean(version) })
            }
            Reason::Stopped { waits, signal } => self.stopped(waits, signal.as_deref()),
            Reason::Unfinished { waits, lasted } => self.unfinished(waits, *lasted),
            Reason::Restarted { times, seen } => self.restarted(*times, seen),
            Reason::Drill(finding) => self.of_drill(finding),
            Reason::Set(set) => self.set(set),
            Reason::Said(seen) => self.say("reason.said", context! { seen => clean(seen) }),
        }
    }

    /// Who accepted a release by hand, and in spite of what.
    fn accepted(&self, reason: &Reason) -> String {
        let Reason::Accepted { by, why, unwatched, unpassed, despite } = reason else { return String::new() };
        let unwatched = (!unwatched.is_zero()).then(|| self.duration(*unwatched));
        let (why, unpassed) = (why.as_deref().map(clean), clean(&unpassed.join(", ")));
        let despite = despite.as_ref().map(|cause| self.reason(cause));
        self.say("reason.accepted", context! { by => clean(by), why, unwatched, unpassed, despite })
    }

    /// A reason that has one of its own.
    fn because(&self, name: &str, cause: &Reason, values: minijinja::Value) -> String {
        self.say(&format!("reason.{name}"), context! { cause => self.reason(cause), ..values })
    }

    fn health(&self, check: &str, failures: u32, limit: u32, seen: &str) -> String {
        let (check, seen) = (clean(check), clean(seen));
        self.say("reason.health", context! { check, failures, limit, seen })
    }

    fn of_drill(&self, finding: &Finding) -> String {
        match finding {
            Finding::Failed { problems, unanswered } => {
                let (problems, unanswered) =
                    (clean(&problems.join("; ")), unanswered.map(|it| self.duration(it)));
                self.say("reason.drill-failed", context! { problems, unanswered })
            }
            Finding::Overdue { last } => {
                self.say("reason.drill-overdue", context! { last => last.map(|at| self.time(at)) })
            }
            Finding::Swapped { to, back, forth } => {
                let (back, forth) = (self.duration(*back), self.duration(*forth));
                self.say("reason.drill-swapped", context! { to => clean(to), back, forth })
            }
        }
    }

    fn crash_loop(&self, ended: u32, within: Duration, seen: &str) -> String {
        let within = self.duration(within);
        self.say("reason.crash-loop", context! { ended, within, seen => clean(seen) })
    }

    fn fails(&self, check: &str, times: u32, lasted: Duration, seen: &str) -> String {
        let (check, lasted, seen) = (clean(check), self.duration(lasted), clean(seen));
        self.say("reason.check-fails", context! { check, times, lasted, seen })
    }

    fn flapping(&self, check: &str, failures: u32, of: u32, seen: &str) -> String {
        let (check, seen) = (clean(check), clean(seen));
        self.say("reason.flapping", context! { check, failures, of, seen })
    }

    fn stuck(&self, undo: Option<&str>, runs: &Runs, cause: &Reason) -> String {
        let runs = match runs {
            Runs::Unknown => None,
            Runs::Nothing => Some(String::new()),
            Runs::Version(version) => Some(clean(version)),
        };
        self.because("stuck", cause, context! { undo => undo.map(clean), runs })
    }

    fn quarantined(&self, version: &str, at: Timestamp, same: bool, cause: &Reason) -> String {
        let (version, at) = (clean(version), self.time(at));
        self.because("quarantined", cause, context! { version, at, same })
    }

    /// What a picture shows, in one line: it has hardly any words itself.
    pub fn caption(&self, curve: &Curve) -> String {
        let of = clean(&curve.of);
        let version = |mark: &Mark| clean(&mark.version);
        self.say(
            "chart.caption",
            context! {
                of => if curve.dots() { self.say("chart.probe", context! { of }) } else { of },
                limit => curve.limit.map(|limit| self.number(limit, curve.unit)),
                released => curve.released.as_ref().map(version),
                rolled_back => curve.rolled_back.as_ref().map(version),
                dots => curve.dots(),
            },
        )
    }

    /// Whose fault it is, in one sentence.
    pub fn blame(&self, blame: &Blame) -> String {
        let name = format!("blame.{}", blame.into_str());
        match blame {
            Blame::Release { neighbours } => self.say(&name, context! { neighbours }),
            Blame::PreExisting | Blame::OldToo | Blame::Unknown => self.say(&name, context! {}),
            Blame::Neighbours(names) => {
                self.say(&name, context! { neighbours => names.len(), what => clean(&names.join(", ")) })
            }
            Blame::Dependency(what) | Blame::Host(what) => self.say(&name, context! { what => clean(what) }),
            Blame::Spread { name: what, later, calls, well } => {
                let later = (!later.is_zero()).then(|| self.duration(*later));
                self.say(&name, context! { what => clean(what), later, calls, neighbours => well })
            }
            Blame::Earlier { name: what, since, by } => {
                let (since, by) = (self.time(*since), self.duration(*by));
                self.say(&name, context! { what => clean(what), since, by })
            }
            Blame::Together { name: what, apart, later } => {
                let apart = self.duration(*apart);
                self.say(&name, context! { what => clean(what), apart, later })
            }
            Blame::Waits { name: what, until } => {
                self.say(&name, context! { what => clean(what), until => self.time(*until) })
            }
        }
    }

    /// A rollback's step.
    pub fn step(&self, step: Step) -> String {
        self.say(&format!("step.{}", step.into_str()), context! {})
    }

    /// How loud.
    pub fn tier(&self, tier: Tier) -> String {
        self.say(tier.into_str(), context! {})
    }

    /// The zone that times are told in.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A heading or a small word.
    pub fn label(&self, name: &str) -> String {
        self.say(&format!("label.{name}"), context! { lasted => "" })
    }

    /// What somebody is called for (guide G7); a role of the operator's own as it is written.
    pub fn role(&self, role: &str) -> String {
        let name = format!("role.{role}");
        if self.catalogue.contains_key(&name) { self.say(&name, context! {}) } else { clean(role) }
    }

    /// The language's tag, as HTML and mail name it.
    pub fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// A word or a sentence of the page, with what it is about.
    pub fn page(&self, name: &str, about: &str) -> String {
        let about = clean(about);
        let (host, why, who, when, lasted, version, incident) =
            (&about, &about, &about, &about, &about, env!("CARGO_PKG_VERSION"), &about);
        self.say(&format!("page.{name}"), context! { host, why, who, when, lasted, version, incident })
    }

    /// Somebody's name, and who says that it is theirs.
    pub fn said_by(&self, name: &str, who: &str) -> String {
        self.say("asked.by", context! { name => clean(name), who => clean(who) })
    }

    /// Where an entry of the record stands.
    pub fn witness(&self, witness: &Witness) -> String {
        self.say("record.witness", context! { seq => witness.seq, hash => clean(witness.short()) })
    }

    /// That something is told late.
    pub fn late(&self, by: Duration) -> String {
        self.say("label.late", context! { lasted => self.duration(by) })
    }

    /// That a template failed, and why.
    pub fn template_failed(&self, why: &str) -> String {
        self.say("template.failed", context! { why => clean(why) })
    }

    /// How long a rollback took.
    pub fn took(&self, lasted: Duration) -> String {
        self.say("label.took", context! { lasted => self.duration(lasted) })
    }

    /// What a release has become.
    pub fn state(&self, state: ReleaseState) -> String {
        self.say(&format!("state.{}", state.into_str()), context! {})
    }

    /// A sentence or a word of the catalogue with its values, which are harmless already.
    pub fn phrase(&self, name: &str, values: minijinja::Value) -> String {
        self.say(name, values)
    }

    fn say(&self, name: &str, values: minijinja::Value) -> String {
        let said = self.catalogue.get(name).and_then(|text| self.environment.render_str(text, values).ok());
        // Built-in texts are tested for every name; were one missing, its name still tells something.
        said.unwrap_or_else(|| name.to_owned())
    }
}

/// `[news] held = "…"` as `news.held`.
fn flat(text: &str) -> BTreeMap<String, String> {
    let table: toml::Table = text.parse().expect("built-in texts are tested");
    let mut all = BTreeMap::new();
    for (name, value) in table {
        match value.as_table() {
            Some(inner) => all.extend(inner.iter().map(|(key, text)| (format!("{name}.{key}"), word(text)))),
            None => drop(all.insert(name, word(&value))),
        }
    }
    all
}

fn word(value: &toml::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
