//! An answer's body, never more of it than is wanted.

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::decode::{self, Packed};
use super::fault::Fault;
use super::seen::quote;

/// Why a body could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unread {
    #[error("the answer is longer than {} MiB", .most / (1024 * 1024))]
    TooLong { most: usize },
    #[error("status {status}, but the body broke off: {seen}")]
    Broken { status: u16, seen: String },
    #[error(transparent)]
    Packed(Packed),
}

/// The whole body, unpacked, or why there is none that can be used. A body that is announced too long is not read at
/// all.
pub(super) async fn whole(mut answer: Response, most: usize) -> Result<Vec<u8>, Unread> {
    if answer.content_length().is_some_and(|length| length > most as u64) {
        return Err(Unread::TooLong { most });
    }
    let (status, encoding) = (answer.status().as_u16(), encoding(answer.headers()));
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > most => return Err(Unread::TooLong { most }),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => {
                let seen = match Fault::of(&error) {
                    Fault::Own(seen) | Fault::Seen(seen) => seen,
                    Fault::Cut(how) => how.to_owned(),
                };
                return Err(Unread::Broken { status, seen });
            }
        }
    }
    decode::unpacked(&encoding, body, most).map_err(|packed| match packed {
        Packed::TooLong(_) => Unread::TooLong { most },
        packed @ (Packed::Broken | Packed::Unknown(_)) => Unread::Packed(packed),
    })
}

/// How a body is packed, by the answer's head.
pub(super) fn encoding(head: &HeaderMap) -> String {
    head.get(CONTENT_ENCODING)
        .map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// What a body begins with, to be shown.
pub(super) fn start(body: &[u8]) -> String {
    match quote(&String::from_utf8_lossy(&body[..body.len().min(1024)])).as_str() {
        "" => "an empty body".to_owned(),
        start => start.to_owned(),
    }
}
