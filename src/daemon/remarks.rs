//! What people add to a release's record, chained in by the store.

use tokio::sync::oneshot;

use super::{Daemon, chain, give};
use crate::decide::action::Answer;
use crate::model::refusal::Refusal;
use crate::model::remark::Remark;

impl Daemon {
    /// The answer is given when it is stored; the loop does not wait for that.
    pub(super) fn remark(&self, release: String, remark: Remark, reply: oneshot::Sender<Answer>) {
        let (store, now, follow_ups) = (self.store.clone(), self.clock.now(), self.follow_ups.clone());
        self.tasks.spawn(async move {
            let answer = match store.remark(&release, remark, now).await {
                Ok(Ok(_)) => {
                    follow_ups.look();
                    Answer::Done { release: Some(release) }
                }
                Ok(Err(why)) => Answer::Refused { why },
                Err(error) => Answer::Refused { why: Refusal::Failed(chain(&error)) },
            };
            give(reply, answer);
        });
    }
}
