mod faults;
pub(super) mod secure;
pub(super) mod stage;
