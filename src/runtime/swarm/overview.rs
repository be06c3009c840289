//! One look at the Swarm for all sets that a daemon watches: whatever their number, its managers are asked once.
//!
//! One task, [`keep`]: it waits for news of the Swarm or for its tick, looks, and lets every watcher know. It may be
//! dropped at any time: it holds nothing but what it has sent, and a new one begins by looking at everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::docker::events::Broken;
use crate::docker::swarm::Kind;
use crate::docker::{Engine, EngineError};
use crate::model::event::Event;

use super::clocks::{Clocks, Told};
use super::lease::{self, Due, Lease, Node, Tenure};
use super::news::{News, What};
use super::shelf::{self, Written};
use super::standing::{self, NodeRole};

/// Tasks end and leaders change without an event that every manager hears of.
const TICK: Duration = Duration::from_secs(5);
/// Looks are so far apart at least, however much happens: a task that fails at once is started anew twice a second.
const APART: Duration = Duration::from_secs(1);
/// Everything is looked at again after so many looks, should an event be lost; and who leads, after so many.
const LOOK_AGAIN: u32 = 12;
const NODES: u32 = 3;
/// A whole look takes no longer, so that whoever acts knows in time when its lease has run out.
const LOOKS: Duration = Duration::from_secs(10);
const LOOKING: &str = "look at the Swarm";
/// Between attempts to reach a Swarm that does not answer, doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// The Swarm at one moment.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Where this node stands.
    pub(super) stand: NodeRole,
    /// All its services, where this node may know.
    pub(super) services: Arc<Vec<Value>>,
    /// Their tasks.
    pub(super) tasks: Arc<Vec<Value>>,
    /// What is known of sets, by the names of the config objects.
    pub(super) written: Arc<BTreeMap<String, Written>>,
    /// How far this host's clock is ahead of those of nodes that wrote it, where they are not the same.
    pub(super) ahead: BTreeMap<String, SignedDuration>,
    /// Whether this host's clock is surely that of the managers: what they say of times can be believed.
    pub(super) one_clock: bool,
}

/// What was seen of the Swarm last; nothing before the first look.
pub type Overview = watch::Receiver<Option<Arc<Latest>>>;

/// For those alone that watch a set.
#[derive(Debug)]
pub struct Latest(pub(super) Seen);

/// Looks at the Swarm until nobody watches it any more.
pub async fn keep(engine: Engine, seen: watch::Sender<Option<Arc<Latest>>>, events: mpsc::Sender<Event>) {
    let mut keeper = Keeper {
        engine,
        seen,
        events,
        clock: Clock::start(),
        tenure: Tenure::default(),
        clocks: Clocks::default(),
        one_clock: false,
        renewed: None,
        lost: None,
        me: None,
        nodes: Vec::new(),
        listed: None,
        rounds: 0,
    };
    let mut pause = FIRST_PAUSE;
    while !keeper.seen.is_closed() {
        match keeper.session().await {
            Ok(Broken(why)) => {
                tracing::debug!("the event stream broke off: {why}");
                pause = FIRST_PAUSE;
            }
            Err(Ended::Closed) => return,
            Err(Ended::Failed(error)) => {
                if keeper.failed(error).await.is_err() {
                    return;
                }
                pause = (pause * 2).min(LAST_PAUSE);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

struct Keeper {
    engine: Engine,
    seen: watch::Sender<Option<Arc<Latest>>>,
    events: mpsc::Sender<Event>,
    clock: Clock,
    tenure: Tenure,
    clocks: Clocks,
    one_clock: bool,
    /// When it was heard since the last look that the lease was renewed.
    renewed: Option<Timestamp>,
    /// What does not answer, as far as it was said.
    lost: Option<Lost>,
    /// This node, where it is a manager, and all nodes, as they were known last.
    me: Option<Node>,
    nodes: Vec<Value>,
    /// When services and tasks were listed last.
    listed: Option<Timestamp>,
    /// So many looks were made since everything was looked at.
    rounds: u32,
}

/// What does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lost {
    Engine,
    /// The engine does, and the managers agree on nothing; why.
    Swarm(String),
}

enum Ended {
    /// Nobody receives events any more.
    Closed,
    /// The Swarm does not answer.
    Failed(EngineError),
}

impl From<EngineError> for Ended {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl Keeper {
    /// Subscribes first and looks second, so that nothing falls between.
    async fn session(&mut self) -> Result<Broken, Ended> {
        let mut news = News::subscribe(&self.engine).await?;
        self.renewed = None;
        // Without a leader it takes the engine long to say, and what was so stays so until a manager says otherwise.
        let me = match self.me.clone() {
            Some(me) => Ok(me),
            None => standing::manager(&self.engine).await?,
        };
        let mut seen = match &me {
            Ok(me) => self.look(None, me, What::all()).await?,
            Err(why) => Seen::nothing(NodeRole::Outside { why: why.clone() }),
        };
        loop {
            self.back(&seen).await?;
            self.seen.send_replace(Some(Arc::new(Latest(seen.clone()))));
            if self.seen.is_closed() {
                return Err(Ended::Closed);
            }
            tokio::time::sleep(APART).await;
            let follows = matches!(seen.stand, NodeRole::Follows { .. });
            let tick = TICK.saturating_sub(APART);
            let due = self.tenure.next(self.clock.now()).map_or(tick, |next| next.min(tick));
            // Whoever acts has written down itself what is known.
            let what = match news.wait(due, follows).await {
                Ok(what) => what,
                Err(broken) => return Ok(broken),
            };
            self.renewed = news.renewed();
            seen = match &me {
                Ok(me) => {
                    let look = tokio::time::timeout(LOOKS, self.look(Some(&seen), me, what)).await;
                    let late =
                        |_| Err(EngineError::TimedOut { doing: LOOKING.to_owned(), limit: LOOKS }.into());
                    look.unwrap_or_else(late)?
                }
                // It may have become a manager meanwhile.
                Err(_) => return Ok(Broken("it is looked whether this node is a manager now".to_owned())),
            };
        }
    }

    /// Looks at what has happened; at everything, when it is time for that.
    async fn look(&mut self, before: Option<&Seen>, me: &Node, what: What) -> Result<Seen, Ended> {
        self.me.get_or_insert_with(|| me.clone());
        self.rounds += 1;
        let all = before.is_none() || self.rounds >= LOOK_AGAIN;
        self.rounds = if all { 0 } else { self.rounds };
        if all || what.nodes || self.rounds.is_multiple_of(NODES) {
            self.nodes = standing::nodes(&self.engine).await?;
        }
        let acted = before.is_some_and(|seen| matches!(seen.stand, NodeRole::Acts { .. }));
        let stand = self.stand(me).await?;
        let mut seen = match before {
            Some(before) => Seen { stand, ..before.clone() },
            None => Seen::nothing(stand),
        };
        seen.ahead = self.clocks.ahead();
        seen.one_clock = self.one_clock;
        // Whoever begins to act begins with what was written down last.
        let begins = matches!(seen.stand, NodeRole::Acts { .. }) && !acted;
        if all || what.written || begins {
            seen.written = Arc::new(shelf::all_facts(&self.engine).await?);
        }
        // It may only have been time for the lease.
        let now = self.clock.now();
        let tick = self.listed.is_none_or(|at| now.duration_since(at).unsigned_abs() + APART >= TICK);
        if all || what.swarm || what == What::default() && tick {
            self.listed = Some(now);
            let every = json!({});
            let services = self.engine.objects("list the services", Kind::Services, &every).await?;
            let tasks = self.engine.objects("list the tasks", Kind::Tasks, &every).await?;
            (seen.services, seen.tasks) = (Arc::new(services), Arc::new(tasks));
        }
        Ok(seen)
    }

    /// Where this node stands; the lease is taken and renewed when it is time for that.
    async fn stand(&mut self, me: &Node) -> Result<NodeRole, Ended> {
        let now = self.clock.now();
        if self.tenure.rests(now) {
            return Ok(NodeRole::Acts { node: me.id.clone() });
        }
        let lease = lease::read(&self.engine).await?;
        let (heard, wall) = (self.renewed.take(), Clock::wall());
        if let Some(other) = lease.as_ref().filter(|lease| lease.holder() != me.id) {
            let event = match self.clocks.sighted(other, heard, wall) {
                Some(Told::Off(why)) => Some(Event::ClockOff { why }),
                Some(Told::Right) => Some(Event::ClockRight),
                None => None,
            };
            if let Some(event) = event {
                self.events.send(event).await.map_err(|_| Ended::Closed)?;
            }
        }
        self.one_clock = lease.as_ref().is_some_and(|lease| self.clocks.agree(lease, &me.id));
        let leads = standing::leads(&self.nodes, &me.id);
        // No longer than looks are apart, should the host's clock have been moved.
        let heard = heard.map(|at| wall.duration_since(at).unsigned_abs().min(TICK));
        match self.tenure.due((lease.as_ref(), heard), &me.id, leads, now) {
            Due::Nothing => {}
            due @ (Due::Renew | Due::Take) => {
                if let (Due::Take, Some(lease)) = (due, &lease) {
                    self.tenure.takes(lease);
                }
                match lease::take(&self.engine, lease.as_ref(), me).await {
                    Ok(true) => {
                        if let Some(from) = self.tenure.renewed(now) {
                            tracing::warn!(
                                "golive on {from} is not heard of: this one acts for its services"
                            );
                            self.events.send(Event::TookOver { from }).await.map_err(|_| Ended::Closed)?;
                        }
                    }
                    // Whoever was faster is seen at the next look.
                    Ok(false) => {}
                    Err(error) if self.tenure.holds(self.clock.now()) => {
                        tracing::warn!("failed to {error}");
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(if self.tenure.holds(self.clock.now()) {
            NodeRole::Acts { node: me.id.clone() }
        } else {
            let host = lease.as_ref().filter(|lease| lease.holder() != me.id).map(Lease::host);
            let why = host.map_or_else(
                || "it is not known yet whose turn it is".to_owned(),
                |host| format!("golive on {host} acts for it"),
            );
            NodeRole::Follows { node: me.id.clone(), why }
        })
    }

    /// The Swarm does not answer, or the whole engine does not: it is nobody's turn, as far as can be seen from here.
    async fn failed(&mut self, error: EngineError) -> Result<(), Ended> {
        self.tenure.interrupted();
        let me = self.me.take_if(|_| error.is_no_manager()).or(self.me.clone());
        let alive = error.message().is_some()
            || tokio::time::timeout(lease::QUICK, self.engine.version()).await.is_ok_and(|told| told.is_ok());
        let (lost, why) = if !alive {
            (Lost::Engine, error.to_string())
        } else if error.is_leaderless() {
            let why = standing::leaderless(&self.nodes, me.as_ref().map_or("", |me| &me.id)).await;
            (Lost::Swarm(why.clone()), why)
        } else {
            (Lost::Swarm(error.to_string()), error.to_string())
        };
        let before = self.seen.borrow().as_ref().map(|latest| latest.0.clone());
        let stand = NodeRole::Nobody { why: why.clone() };
        let seen =
            before.map_or_else(|| Seen::nothing(stand.clone()), |seen| Seen { stand: stand.clone(), ..seen });
        self.seen.send_replace(Some(Arc::new(Latest(seen))));
        if self.lost.as_ref() == Some(&lost) {
            return Ok(());
        }
        tracing::warn!("nobody acts in the Swarm, as seen from here: {why}");
        let mut events = Vec::new();
        match (&self.lost, &lost) {
            (Some(Lost::Engine), Lost::Swarm(_)) => events.push(Event::EngineBack),
            (Some(Lost::Swarm(_)), Lost::Engine) => events.push(Event::SwarmBack),
            (Some(Lost::Engine) | None, Lost::Engine) | (Some(Lost::Swarm(_)) | None, Lost::Swarm(_)) => {}
        }
        events.push(match &lost {
            Lost::Engine => Event::EngineLost { why },
            Lost::Swarm(_) => Event::SwarmLost { why },
        });
        self.lost = Some(lost);
        for event in events {
            self.events.send(event).await.map_err(|_| Ended::Closed)?;
        }
        Ok(())
    }

    /// It answers.
    async fn back(&mut self, seen: &Seen) -> Result<(), Ended> {
        let Some(lost) = self.lost.take() else { return Ok(()) };
        tracing::info!(stand = ?seen.stand, "the Swarm answers again");
        let event = match lost {
            Lost::Engine => Event::EngineBack,
            Lost::Swarm(_) => Event::SwarmBack,
        };
        self.events.send(event).await.map_err(|_| Ended::Closed)
    }
}

impl Seen {
    fn nothing(stand: NodeRole) -> Self {
        Self {
            stand,
            services: Arc::default(),
            tasks: Arc::default(),
            written: Arc::default(),
            ahead: BTreeMap::new(),
            one_clock: false,
        }
    }
}
