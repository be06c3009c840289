//! Parts of what runs.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs, serde_as};

use super::event::IdentityDef;
use crate::decide::event::{Halted, Identity, Left};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Halted", rename_all = "kebab-case")]
pub(in crate::store) struct HaltedDef {
    by: String,
    why: String,
}
as_core!(Halted, HaltedDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Left", rename_all = "kebab-case")]
pub(in crate::store) struct LeftDef {
    service: String,
    #[serde_as(as = "IdentityDef")]
    identity: Identity,
    version: String,
}
as_core!(Left, LeftDef);
