//! What people have promised in the records of releases.

use minijinja::context;

use super::Texts;
use crate::model::remark::Task;
use crate::untrusted::clean;

impl Texts {
    /// What was to be done, and until when.
    pub(super) fn overdue(&self, tasks: &[Task], more: usize) -> String {
        let each = tasks.iter().map(|Task { text, owner, due }| {
            let (text, owner, due) = (clean(text), owner.as_deref().map(clean), due.to_string());
            self.say("reason.overdue-task", context! { text, owner, due })
        });
        let tasks = each.collect::<Vec<_>>().join(&self.say("verdict.and", context! {}));
        self.say("reason.overdue", context! { tasks, more => (more > 0).then_some(more) })
    }
}
