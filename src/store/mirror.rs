//! The core's vocabulary as JSON. Core types are not wire types: this is the one place that says how they are written
//! down, in kebab-case words, RFC 3339 times and durations in seconds.

use serde_with::{DeserializeAs, SerializeAs};

/// Lets a mirror stand for its core type inside options, vectors and boxes too.
macro_rules! as_core {
    ($core:ty, $mirror:ty) => {
        impl SerializeAs<$core> for $mirror {
            fn serialize_as<S: Serializer>(core: &$core, serializer: S) -> Result<S::Ok, S::Error> {
                <$mirror>::serialize(core, serializer)
            }
        }
        impl<'de> DeserializeAs<'de, $core> for $mirror {
            fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<$core, D::Error> {
                <$mirror>::deserialize(deserializer)
            }
        }
    };
}

pub(super) mod beside;
pub(super) mod event;
pub(super) mod facts;
pub(super) mod notice;
pub(super) mod phrase;
pub(super) mod policy;
pub(super) mod reading;
pub(super) mod reason;
pub(super) mod running;
pub(super) mod season;
pub(super) mod set;
pub(super) mod verdict;

/// A core value as JSON text, by its mirror.
pub(super) fn write<T, M: SerializeAs<T>>(core: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(&serde_with::ser::SerializeAsWrap::<T, M>::new(core))
}

/// JSON text as a core value, by its mirror.
pub(super) fn read<T, M: for<'de> DeserializeAs<'de, T>>(text: &str) -> Result<T, serde_json::Error> {
    let wrap: serde_with::de::DeserializeAsWrap<T, M> = serde_json::from_str(text)?;
    Ok(wrap.into_inner())
}
