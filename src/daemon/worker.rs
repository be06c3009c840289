//! One task per service that carries rollback steps and pins out, one after the other: no two ever touch a service at
//! the same time. It may not be dropped in the middle of a step; on shutdown it finishes the step at hand. What is kept
//! or proved may end at any moment, as golive itself may: a step does not wait for it.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::model::drill::Level;
use crate::model::event::{Event, ServiceEvent};
use crate::model::plan::Plan;
use crate::model::running::Identity;
use crate::model::step::{Fault, FaultKind, Step};
use crate::runtime::{Done, Record, Runtime};
use crate::store::Store;

mod queue;
mod records;

use queue::Queue;
use records::Records;

/// What a worker can be asked for. At most [`QUEUE`] wait; the core asks for one step at a time, so it never fills.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Keep {
        release: String,
        instance: String,
        identity: Identity,
    },
    Prove {
        release: String,
    },
    Forget {
        release: String,
    },
    Drill {
        drill: String,
        releases: Vec<String>,
        level: Level,
    },
    Step {
        plan: Plan,
        step: Step,
    },
    /// Go on with an update that the engine has halted.
    GoOn,
    /// Write down what is known where others can read it, before anything is done because of it.
    Share {
        facts: String,
    },
}

impl Job {
    /// What it keeps, proves or forgets.
    fn release(&self) -> Option<&str> {
        match self {
            Self::Keep { release, .. } | Self::Prove { release } | Self::Forget { release } => Some(release),
            Self::Drill { .. } | Self::Step { .. } | Self::GoOn | Self::Share { .. } => None,
        }
    }
}

const QUEUE: usize = 64;

/// What others could not be told, or what the engine gave no answer to, is tried again after this.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// A service's worker.
pub(super) struct Worker {
    jobs: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts it; after `before` has ended, where it replaces one.
    pub(super) fn start(
        service: &str,
        runtime: Arc<Runtime>,
        (store, clock): (Store, Clock),
        inbox: mpsc::Sender<Event>,
        tasks: &TaskTracker,
        before: Option<Self>,
    ) -> Self {
        let (jobs, asked) = mpsc::channel(QUEUE);
        let mut queue = Queue::of(asked);
        let mut hand = Hand {
            service: service.to_owned(),
            runtime,
            records: Records::new(store.clone()),
            store,
            clock,
            inbox,
            pair: None,
            unshared: None,
            undone: VecDeque::new(),
        };
        let task = tasks.spawn(async move {
            if let Some(Self { jobs, task }) = before {
                drop(jobs);
                if let Err(error) = task.await {
                    tracing::error!(service = hand.service, %error, "a worker broke");
                }
            }
            while let Some(job) = hand.next(&mut queue).await {
                // Large, and rarely under way.
                let what = Box::pin(hand.work_or_leave(job, &mut queue)).await;
                if let Some(what) = what
                    && hand.inbox.send(Event::Service { service: hand.service.clone(), what }).await.is_err()
                {
                    return;
                }
            }
        });
        Self { jobs, task }
    }

    /// Hands a job over; gives the answer to a step that it cannot take.
    pub(super) fn ask(&self, job: Job) -> Option<ServiceEvent> {
        let error = self.jobs.try_send(job).err()?;
        tracing::error!(%error, "a job could not be handed to its worker");
        match error.into_inner() {
            Job::Step { plan, step } => Some(untaken(plan, step)),
            Job::Keep { .. }
            | Job::Prove { .. }
            | Job::Forget { .. }
            | Job::Drill { .. }
            | Job::GoOn
            | Job::Share { .. } => None,
        }
    }
}

/// The answer to a step that no worker has taken.
pub(super) fn untaken(plan: Plan, step: Step) -> ServiceEvent {
    let fault = Fault { kind: FaultKind::Lost, text: "hand it to a worker".to_owned() };
    ServiceEvent::StepFailed { rollback: plan.rollback, step, fault }
}

struct Hand {
    service: String,
    runtime: Arc<Runtime>,
    store: Store,
    clock: Clock,
    inbox: mpsc::Sender<Event>,
    records: Records,
    /// The records of the rollback at hand, read once.
    pair: Option<Pair>,
    /// What others should know and could not be told yet.
    unshared: Option<String>,
    /// What was to be kept, proved or forgotten, and could not be for want of an answer or because a step came.
    undone: VecDeque<Job>,
}

struct Pair {
    rollback: String,
    good: Option<Record>,
    bad: Option<Record>,
}

impl Hand {
    /// The next job; what could not be shared or kept is tried again meanwhile.
    async fn next(&mut self, queue: &mut Queue) -> Option<Job> {
        loop {
            if self.unshared.is_none() && self.undone.is_empty() {
                return queue.next().await;
            }
            if let Ok(job) = tokio::time::timeout(AGAIN, queue.next()).await {
                return job;
            }
            self.share().await.unwrap_or_else(|fault| tracing::debug!("failed to {}", fault.text));
            if let Some(job) = self.undone.pop_front() {
                return Some(job);
            }
        }
    }

    /// Tells others what they should know.
    async fn share(&mut self) -> Result<(), Fault> {
        if let Some(facts) = &self.unshared {
            self.runtime.share(facts).await?;
            self.unshared = None;
        }
        Ok(())
    }

    /// Works on a job; what is kept or proved is left for a step, and begun anew when nothing else is to be done.
    async fn work_or_leave(&mut self, job: Job, queue: &mut Queue) -> Option<ServiceEvent> {
        let (Job::Keep { .. } | Job::Prove { .. } | Job::Drill { .. }) = job else {
            return self.work(job).await;
        };
        let left = job.clone();
        tokio::select! {
            biased;
            what = self.work(job) => what,
            () = queue.a_step() => {
                self.later(left);
                None
            }
        }
    }

    /// Of one release, what was asked for last is enough.
    fn later(&mut self, job: Job) {
        self.undone.retain(|other| other.release() != job.release());
        self.undone.push_back(job);
    }

    async fn work(&mut self, job: Job) -> Option<ServiceEvent> {
        match job {
            Job::Keep { release, instance, identity } => {
                let Some(problems) = self.keep(&release, &instance, &identity).await else {
                    self.later(Job::Keep { release, instance, identity });
                    return None;
                };
                self.note(&release, &problems).await;
                Some(ServiceEvent::Kept { release, problems })
            }
            Job::Prove { release } => {
                let Some(problems) = self.prove(&release).await else {
                    self.later(Job::Prove { release });
                    return None;
                };
                self.note(&release, &problems).await;
                Some(ServiceEvent::Proved { release, problems })
            }
            Job::Drill { drill, releases, level } => {
                let mut problems = Vec::new();
                for release in &releases {
                    let Some(more) = self.drill(release, level).await else {
                        self.later(Job::Drill { drill, releases, level });
                        return None;
                    };
                    problems.extend(more);
                }
                Some(ServiceEvent::Drilled { drill, problems })
            }
            Job::Forget { release } => {
                self.forget(&release).await;
                None
            }
            Job::Step { plan, step } => Some(self.step(plan, step).await),
            Job::GoOn => {
                if let Err(fault) = self.runtime.go_on().await {
                    tracing::warn!(service = self.service, "failed to {}", fault.text);
                }
                None
            }
            Job::Share { facts } => {
                self.unshared = Some(facts);
                if let Err(fault) = self.share().await {
                    tracing::warn!(service = self.service, "failed to {}", fault.text);
                }
                None
            }
        }
    }

    async fn forget(&mut self, release: &str) {
        self.undone.retain(|other| other.release() != Some(release));
        self.records.forget(release);
        let forgotten = match self.record(release).await {
            Ok(record) => self.runtime.forget(release, record.as_ref()).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = forgotten {
            let (service, text) = (&self.service, &fault.text);
            if problem(fault.clone()).is_some() {
                tracing::warn!(service, release, "failed to {text}");
            } else {
                tracing::debug!(service, release, "failed to {text}");
                self.later(Job::Forget { release: release.to_owned() });
            }
        }
        if let Err(error) = self.store.drop_proof(release).await {
            tracing::warn!(service = self.service, release, "failed to {error}");
        }
    }

    /// For `golive releases`, which asks no daemon.
    async fn note(&self, release: &str, problems: &[String]) {
        if let Err(error) = self.store.save_proof(release, self.clock.now(), problems).await {
            tracing::warn!(service = self.service, release, "failed to {error}");
        }
    }

    async fn keep(&mut self, release: &str, instance: &str, identity: &Identity) -> Option<Vec<String>> {
        let proved = async {
            let record = self.recorded(release, instance, identity).await?;
            self.runtime.prove(&record).await
        };
        proved.await.map_or_else(problem, Some)
    }

    /// The record of a release: made while that instance still is what was accepted, and not changed after that.
    async fn recorded(
        &mut self,
        release: &str,
        instance: &str,
        identity: &Identity,
    ) -> Result<Record, Fault> {
        let kept = self.record(release).await?;
        let of_it = |record: &Record| self.runtime.tells_of(record, instance, identity);
        if let Some(record) = kept.clone().filter(of_it) {
            return Ok(record);
        }
        let record = match self.runtime.keep(release, instance).await {
            // It was replaced before the engine could answer: what is recorded of the release already is still so.
            Err(fault) if fault.kind == FaultKind::Refused => return kept.ok_or(fault),
            result => result?,
        };
        if !of_it(&record) {
            let text = "record the release: what runs has been changed in place".to_owned();
            return Err(Fault { kind: FaultKind::Refused, text });
        }
        self.records.save(record.clone()).await?;
        Ok(record)
    }

    async fn prove(&mut self, release: &str) -> Option<Vec<String>> {
        self.drill(release, Level::Ready).await
    }

    /// What stands in the way of going back to it, as far as that is tried.
    async fn drill(&mut self, release: &str, level: Level) -> Option<Vec<String>> {
        let record = match self.record(release).await {
            Ok(Some(record)) => record,
            Ok(None) => return Some(vec!["its record was never stored".to_owned()]),
            Err(fault) => return problem(fault),
        };
        let tried = match level {
            Level::Ready | Level::Swap => self.runtime.prove(&record).await,
            Level::Steps => self.runtime.rehearse(&record).await,
        };
        tried.map_or_else(problem, Some)
    }

    async fn step(&mut self, plan: Plan, step: Step) -> ServiceEvent {
        let rollback = plan.rollback.clone();
        match self.attempt(&plan, step).await {
            Ok(Done { instance, output, .. }) => ServiceEvent::StepDone { rollback, step, instance, output },
            Err(fault) => {
                tracing::warn!(
                    service = self.service,
                    rollback,
                    step = step.into_str(),
                    "failed to {}",
                    fault.text
                );
                ServiceEvent::StepFailed { rollback, step, fault }
            }
        }
    }

    async fn attempt(&mut self, plan: &Plan, step: Step) -> Result<Done, Fault> {
        // Whoever takes over in the middle of the step has to know of it.
        self.share().await?;
        if self.pair.as_ref().is_none_or(|pair| pair.rollback != plan.rollback) {
            let good = self.record(&plan.to).await?;
            let bad = self.record(&plan.from).await?;
            self.pair = Some(Pair { rollback: plan.rollback.clone(), good, bad });
        }
        let (good, bad) =
            self.pair.as_ref().map_or((None, None), |all| (all.good.as_ref(), all.bad.as_ref()));
        let mut done = self.runtime.perform(plan, good, bad, step).await?;
        if let Some(forensics) = done.forensics.take() {
            let kept = self.record(&plan.from).await?;
            let bad = self.records.save_forensics(&plan.from, kept, &forensics).await?;
            if let Some(pair) = &mut self.pair {
                pair.bad = Some(bad);
            }
        }
        Ok(done)
    }

    /// The record of a release: golive's own, or the one that the engine keeps.
    async fn record(&mut self, release: &str) -> Result<Option<Record>, Fault> {
        match self.records.of(release).await? {
            Some(record) => Ok(Some(record)),
            None => self.runtime.record(release).await,
        }
    }
}

/// What a failure says of readiness: nothing while the engine does not answer, which is told on its own, or its answers
/// are lost.
fn problem(Fault { kind, text }: Fault) -> Option<Vec<String>> {
    match kind {
        FaultKind::Unreachable | FaultKind::Lost => None,
        FaultKind::Transient
        | FaultKind::Refused
        | FaultKind::Foreign
        | FaultKind::Pending
        | FaultKind::Irreversible => Some(vec![format!("failed to {text}")]),
    }
}
