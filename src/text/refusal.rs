//! Why golive does not do what somebody asked for, in one sentence.

use minijinja::context;

use super::Texts;
use crate::model::checklist::Objection;
use crate::model::drill::Obstacle;
use crate::model::refusal::Refusal;
use crate::untrusted::clean;

impl Texts {
    /// What cannot be done, and what to do instead.
    pub fn refusal(&self, refusal: &Refusal) -> String {
        let say = |name: &str, values| self.say(&format!("refusal.{name}"), values);
        let named = |name: &str, about: &str| say(name, context! { name => clean(about) });
        match refusal {
            Refusal::UnderWay => say("under-way", context! {}),
            Refusal::NothingToAccept => say("nothing-to-accept", context! {}),
            Refusal::NothingToAbort => say("nothing-to-abort", context! {}),
            Refusal::NothingRuns => say("nothing-runs", context! {}),
            Refusal::UnknownRuns => say("unknown-runs", context! {}),
            Refusal::Failing(cause) => say("failing", context! { cause => self.reason(cause) }),
            Refusal::NoTarget { wanted, runs, accepted } => {
                let (wanted, accepted) = (wanted.as_deref().map(clean), clean(&accepted.join(", ")));
                say("no-target", context! { wanted, runs, accepted })
            }
            Refusal::OnlyWatches { service, why } => {
                say("only-watches", context! { service => clean(service), why => clean(why) })
            }
            Refusal::Frozen { until } => say("frozen", context! { until => self.time(*until) }),
            Refusal::Checklist(objection) => self.objection(objection),
            Refusal::Drill(obstacles) => {
                let all: Vec<String> = obstacles.iter().map(|obstacle| self.obstacle(obstacle)).collect();
                all.join("; ")
            }
            Refusal::NoService(name) => named("no-service", name),
            Refusal::NoIncident(id) => named("no-incident", id),
            Refusal::NoDelivery(id) => named("no-delivery", &id.to_string()),
            Refusal::NoRelease(id) => named("no-release", id),
            Refusal::TooManyRemarks { release, most } => {
                say("too-many-remarks", context! { release => clean(release), most })
            }
            Refusal::NoFollowUp { text, open } => {
                say("no-follow-up", context! { text => clean(text), open => clean(&open.join("; ")) })
            }
            Refusal::NotStored => say("not-stored", context! {}),
            Refusal::NotUnderstood => say("not-understood", context! {}),
            Refusal::Failed(why) => say("failed", context! { why => clean(why) }),
        }
    }

    /// Why a drill cannot be made.
    fn obstacle(&self, obstacle: &Obstacle) -> String {
        let values = match obstacle {
            Obstacle::Incident { incident } => context! { incident => clean(incident) },
            Obstacle::Irreversible { why } => context! { why => clean(why) },
            Obstacle::NotForReal { to, last } => {
                context! { to => clean(to), last => last.map(|last| self.duration(last)) }
            }
            Obstacle::UnderWay
            | Obstacle::Busy
            | Obstacle::NothingAccepted
            | Obstacle::NotBeside
            | Obstacle::NotSwapped
            | Obstacle::NothingOlder
            | Obstacle::NotWell
            | Obstacle::OnHold
            | Obstacle::Frozen
            | Obstacle::Elsewhere
            | Obstacle::Lately
            | Obstacle::Partly => context! {},
        };
        self.say(&format!("drill.{}", obstacle.into_str()), values)
    }

    pub(super) fn checklist_open(&self, open: &[String]) -> String {
        self.say("reason.checklist-open", context! { open => clean(&open.join(", ")) })
    }

    fn objection(&self, objection: &Objection) -> String {
        let say = |name: &str, values| self.say(&format!("checklist.{name}"), values);
        let list = |names: &[String]| clean(&names.join(", "));
        match objection {
            Objection::Open { version, open } => {
                say("open", context! { version => clean(version), open => list(open) })
            }
            Objection::FourEyes { item, by } => {
                say("four-eyes", context! { item => clean(item), by => clean(by) })
            }
            Objection::None(service) => say("none", context! { name => clean(service) }),
            Objection::WhichVersion => say("which-version", context! {}),
            Objection::NoItem { item, known } => {
                say("no-item", context! { item => clean(item), known => list(known) })
            }
            Objection::NotSigned(item) => say("not-signed", context! { name => clean(item) }),
            Objection::OnlySigned(item) => say("only-signed", context! { name => clean(item) }),
            Objection::MayNotSign { item, by, allowed } => say(
                "may-not-sign",
                context! { item => clean(item), by => clean(by), allowed => list(allowed) },
            ),
            Objection::WaiverOver { until } => say("waiver-over", context! { until => self.time(*until) }),
        }
    }
}
