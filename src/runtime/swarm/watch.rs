//! The watch over one set: where this node stands, what the set is specified as, which of its tasks ended.
//!
//! One task, [`watch`]: it waits for news of the Swarm or for its tick, and looks. It may be dropped at any time: it
//! holds nothing but what it has sent, and a new one begins by looking at everything.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::SwarmSet;
use crate::decide::event::{Event, Fault, FaultKind, Happening, Kept, Running, Standing};
use crate::decide::facts::Facts;

use super::news::{Broken, News};
use super::set::Set;
use super::standing::Stand;
use super::task::Tasks;
use super::{Swarm, fault, set, shelf, standing, task};

/// Tasks end and leaders change without an event that every manager hears of.
const TICK: Duration = Duration::from_secs(5);
/// A stack is deployed service by service: what it is counts once it has been the same for so long, or at the latest.
const SETTLED: Duration = Duration::from_secs(3);
const SETTLED_AT_LAST: Duration = Duration::from_secs(30);
/// Between attempts to reach a Swarm that does not answer, doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// How what is written down in the Swarm is read. The store knows.
pub type ReadFacts = fn(&str) -> Result<Facts, String>;

/// Watches the set and sends what happens to it, until nobody receives it.
pub async fn watch(swarm: Swarm, read: ReadFacts, events: mpsc::Sender<Event>) {
    let mut watch = Watch { swarm, read, events, clock: Clock::start(), memory: Memory::default() };
    let mut pause = FIRST_PAUSE;
    while !watch.events.is_closed() {
        match watch.session().await {
            Ok(Broken(why)) => {
                tracing::debug!("the event stream broke off: {why}");
                pause = FIRST_PAUSE;
            }
            Err(Ended::Closed) => return,
            Err(Ended::Failed(why)) => {
                if watch.lost(why).await.is_err() {
                    return;
                }
                pause = (pause * 2).min(LAST_PAUSE);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

struct Watch {
    swarm: Swarm,
    read: ReadFacts,
    events: mpsc::Sender<Event>,
    clock: Clock,
    memory: Memory,
}

/// What outlives a broken stream.
#[derive(Default)]
struct Memory {
    /// What was said last of where this node stands.
    stand: Option<(Stand, Option<u64>)>,
    /// What was said to run last.
    seen: Option<Running>,
    /// Whether anything was said of that.
    said: bool,
    /// What may be said next, since when it has been so, and since when something else than before is there.
    settling: Option<(Running, Timestamp, Timestamp)>,
    /// Tasks that had ended at the last look.
    ended: Option<BTreeSet<String>>,
    lost: bool,
}

/// Whether the set may be spoken of.
enum Settling {
    Settled,
    /// Not before so long.
    For(Duration),
    /// Yes, and before that of what was there meanwhile.
    Before(Running),
}

enum Ended {
    /// Nobody receives events any more.
    Closed,
    /// The Swarm does not answer; why.
    Failed(String),
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.text)
    }
}

impl Watch {
    /// Subscribes first and looks second, so that nothing falls between.
    async fn session(&mut self) -> Result<Broken, Ended> {
        let mut news = News::subscribe(&self.swarm.engine).await.map_err(fault)?;
        loop {
            let again = match self.look().await {
                Ok(again) => again,
                // The Swarm lives and has something against this one question: the next look may tell.
                Err(Looked::Refused(fault)) => {
                    tracing::warn!(service = self.swarm.service, "failed to {}", fault.text);
                    TICK
                }
                Err(Looked::Ended(ended)) => return Err(ended),
            };
            if std::mem::take(&mut self.memory.lost) {
                self.events.send(Event::EngineBack).await.map_err(|_| Ended::Closed)?;
            }
            if let Err(broken) = news.wait(again).await {
                return Ok(broken);
            }
        }
    }

    /// Looks at everything once, and says after how long to look again.
    async fn look(&mut self) -> Result<Duration, Looked> {
        let stand = standing::stand(&self.swarm.engine).await.map_err(fault)?;
        let outside = matches!(stand, Stand::Outside { .. });
        let written = if outside { None } else { shelf::read_facts(&self.swarm).await.map_err(fault)? };
        self.say_standing(stand, written).await?;
        if outside {
            self.say_seen(None).await?;
            return Ok(TICK);
        }
        let set = set::read(&self.swarm).await.map_err(fault)?;
        let tasks = task::of(&self.swarm, &set).await.map_err(fault)?;
        self.say_ended(&set, &tasks).await?;
        let running = set.running(&tasks);
        match self.settling(running.as_ref()) {
            Settling::For(wait) => return Ok(wait),
            Settling::Before(candidate) => self.say_seen(Some(candidate)).await?,
            Settling::Settled => {}
        }
        self.say_seen(running).await?;
        Ok(TICK)
    }

    /// For how long the set is not yet spoken of, because somebody may be in the middle of deploying it.
    fn settling(&mut self, running: Option<&Running>) -> Settling {
        let (SwarmSet::Stack(_), Some(running)) = (&self.swarm.set, running) else {
            self.memory.settling = None;
            return Settling::Settled;
        };
        if self.memory.seen.as_ref().is_some_and(|seen| seen.instance == running.instance) {
            // Deployed and taken back by the Swarm before it had settled: that was a release all the same.
            let before = self.memory.settling.take().map(|(candidate, ..)| candidate);
            return before.filter(|_| running.given_up.is_some()).map_or(Settling::Settled, Settling::Before);
        }
        let now = self.clock.now();
        let since = |then: Timestamp| now.duration_since(then).unsigned_abs();
        let (same, first) = match &self.memory.settling {
            Some((candidate, same, first)) if candidate.instance == running.instance => (*same, *first),
            Some((_, _, first)) => (now, *first),
            None => (now, now),
        };
        if since(same) >= SETTLED || since(first) >= SETTLED_AT_LAST {
            self.memory.settling = None;
            return Settling::Settled;
        }
        self.memory.settling = Some((running.clone(), same, first));
        Settling::For(SETTLED.saturating_sub(since(same)).max(Duration::from_millis(100)))
    }

    async fn say_standing(&mut self, stand: Stand, written: Option<shelf::Written>) -> Result<(), Looked> {
        // Whoever acts knows better than what it wrote down.
        let follows = !matches!(stand, Stand::Leads { .. });
        let version = written.as_ref().map(|written| written.version).filter(|_| follows);
        let said = Some((stand.clone(), version));
        if self.memory.stand == said {
            return Ok(());
        }
        let node = match &stand {
            Stand::Leads { node } | Stand::Follows { node, .. } => node.as_str(),
            Stand::Outside { .. } => "",
        };
        let kept = written.map(|written| {
            let mine = written.writer == node;
            (self.read)(&written.facts).map(|facts| Box::new(Kept { facts, mine }))
        });
        let standing = match (stand, kept.transpose()) {
            (Stand::Leads { .. }, Ok(kept)) => Standing::Acts { kept },
            (Stand::Follows { why, .. }, Ok(kept)) => Standing::Watches { why, kept },
            (Stand::Outside { why }, _) => Standing::Watches { why, kept: None },
            // Acting without it might take a release back a second time.
            (_, Err(error)) => {
                let why = format!("what is known in the Swarm cannot be read: {error}");
                Standing::Watches { why, kept: None }
            }
        };
        self.send(Happening::Stands(standing)).await?;
        self.memory.stand = said;
        Ok(())
    }

    async fn say_seen(&mut self, running: Option<Running>) -> Result<(), Looked> {
        if self.memory.said && self.memory.seen == running {
            return Ok(());
        }
        self.send(Happening::Seen(running.clone())).await?;
        (self.memory.seen, self.memory.said) = (running, true);
        Ok(())
    }

    /// Tasks that ended since the last look, if they are of what is specified now.
    async fn say_ended(&mut self, set: &Set, tasks: &Tasks) -> Result<(), Looked> {
        let ended = || tasks.all().filter(|task| task.ended());
        let before = self.memory.ended.replace(ended().map(|task| task.id().to_owned()).collect());
        let Some(before) = before else { return Ok(()) };
        let of_now = |task: &&task::Task| set.members.values().any(|member| task.is_of(member.spec()));
        let fresh: Vec<_> = ended().filter(|task| !before.contains(task.id())).filter(of_now).collect();
        for task in fresh {
            let (instance, exit) = (set.instance(), task.exit());
            self.send(Happening::Died { instance, asked: false, exit, oom: false }).await?;
        }
        Ok(())
    }

    async fn lost(&mut self, why: String) -> Result<(), Ended> {
        if !std::mem::replace(&mut self.memory.lost, true) {
            self.events.send(Event::EngineLost { why }).await.map_err(|_| Ended::Closed)?;
        }
        Ok(())
    }

    async fn send(&self, what: Happening) -> Result<(), Looked> {
        let event = Event::Service { service: self.swarm.service.clone(), what };
        self.events.send(event).await.map_err(|_| Looked::Ended(Ended::Closed))
    }
}

/// A look that came to nothing.
enum Looked {
    Refused(Fault),
    Ended(Ended),
}

impl From<Fault> for Looked {
    fn from(fault: Fault) -> Self {
        match fault.kind {
            FaultKind::Unreachable => Self::Ended(fault.into()),
            FaultKind::Transient
            | FaultKind::Lost
            | FaultKind::Refused
            | FaultKind::Foreign
            | FaultKind::Irreversible
            | FaultKind::Pending => Self::Refused(fault),
        }
    }
}
