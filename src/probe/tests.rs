mod faults;
pub(super) mod stage;
