//! Headers that lettre has no types for.

use lettre::message::header::{Header, HeaderName, HeaderValue};

/// A header without structure.
#[derive(Debug, Clone)]
pub(super) struct Raw<N> {
    value: String,
    name: std::marker::PhantomData<N>,
}

/// The name of such a header.
pub(super) trait Named {
    const NAME: &'static str;
}

macro_rules! named {
    ($($kind:ident = $name:literal),*) => { $(
        #[derive(Debug, Clone)]
        pub(super) struct $kind;
        impl Named for $kind {
            const NAME: &'static str = $name;
        }
    )* };
}
named!(
    AutoSubmitted = "Auto-Submitted",
    ListId = "List-Id",
    Importance = "Importance",
    Priority = "X-Priority",
    ThreadTopic = "Thread-Topic"
);

impl<N: Named> Raw<N> {
    pub(super) fn new(value: &str) -> Self {
        Self { value: value.to_owned(), name: std::marker::PhantomData }
    }
}

impl<N: Named + Clone> Header for Raw<N> {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str(N::NAME)
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(value))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.value.clone())
    }
}
