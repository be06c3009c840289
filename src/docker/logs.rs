//! What containers wrote, as the engine streams it: in frames that name the output, or bare where it was a terminal's.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::Response;

use super::client::{QUICK, patiently, root, url};
use super::id::short;
use super::{Engine, EngineError};
pub(crate) use lines::{LINES_MAX, Lines};

mod lines;

/// Before each frame stands its output, three zeros and its length.
const HEAD: usize = 8;

/// The outputs that frames name: the program's, and the engine's own where it gets no further.
const STDOUT: u8 = 1;
const ERRORS: u8 = 3;

/// Of one log no more is read at once, whatever its lines are like.
const BYTES_MAX: usize = 4 << 20;

impl Engine {
    /// The last lines that a container wrote, at most `bytes` of them.
    pub(crate) async fn logs(&self, id: &str, lines: u32, bytes: usize) -> Result<String, EngineError> {
        let doing = format!("read the logs of container {}", short(id));
        self.tail(&doing, &format!("/containers/{id}/logs"), lines, bytes).await
    }

    /// The last lines that the tasks of a Swarm's service wrote, each at most so many, at most `bytes` of them.
    pub(crate) async fn service_logs(
        &self,
        id: &str,
        lines: u32,
        bytes: usize,
    ) -> Result<String, EngineError> {
        self.tail(&format!("read the logs of service {id}"), &format!("/services/{id}/logs"), lines, bytes)
            .await
    }

    async fn tail(&self, doing: &str, path: &str, lines: u32, bytes: usize) -> Result<String, EngineError> {
        let lines = lines.to_string();
        let query = &[("stdout", "true"), ("stderr", "true"), ("tail", lines.as_str())];
        let once = || async move {
            let mut response = self.begun(doing, self.raw.get(url(path, query))).await?;
            let (mut frames, mut tail) = (Frames::default(), Tail { bytes, kept: Vec::new() });
            while let Some(chunk) = chunk(doing, &mut response).await? {
                frames.take(&chunk, |_, text| tail.keep(text));
            }
            frames.end(|_, text| tail.keep(text));
            Ok(tail.end())
        };
        patiently(doing, QUICK, once).await
    }

    /// The lines that a container, or a task of the Swarm, has written since then; of many, some of the last.
    pub(crate) async fn lines(
        &self,
        of: Writer<'_>,
        since: Timestamp,
        is_meant: &(impl Fn(&[u8]) -> bool + Sync),
    ) -> Result<Lines, EngineError> {
        let (doing, path) = match of {
            Writer::Container(id) => {
                (format!("read the logs of container {}", short(id)), format!("/containers/{id}/logs"))
            }
            Writer::Task(id) => (format!("read the logs of task {id}"), format!("/tasks/{id}/logs")),
        };
        // With `tail` the engine begins at the log's end, and does not look through all of it for the time.
        let since = format!("{}.{:09}", since.as_second(), since.subsec_nanosecond().max(0));
        let tail = LINES_MAX.to_string();
        let query =
            &[("stdout", "true"), ("stderr", "true"), ("since", since.as_str()), ("tail", tail.as_str())];
        let (doing, path) = (doing.as_str(), path.as_str());
        let once = || async move {
            let mut response = self.begun(doing, self.raw.get(url(path, query))).await?;
            let (mut frames, mut lines, mut read) = (Frames::default(), Lines::default(), 0);
            while let Some(chunk) = chunk(doing, &mut response).await? {
                read += chunk.len();
                frames.take(&chunk, |output, text| lines.take(output, text, is_meant));
                if read > BYTES_MAX {
                    lines.cut = true;
                    break;
                }
            }
            frames.end(|output, text| lines.take(output, text, is_meant));
            lines.end(is_meant);
            match lines.broken.take() {
                Some(why) => Err(EngineError::Cut { doing: doing.to_owned(), why }),
                None => Ok(lines),
            }
        };
        patiently(doing, QUICK, once).await
    }
}

/// Who has written lines.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Writer<'a> {
    /// A container, by its id.
    Container(&'a str),
    /// A task of the Swarm, by its id, on whichever node it runs.
    Task(&'a str),
}

async fn chunk(doing: &str, response: &mut Response) -> Result<Option<Bytes>, EngineError> {
    let cut = |error: reqwest::Error| EngineError::Cut { doing: doing.to_owned(), why: root(&error) };
    response.chunk().await.map_err(cut)
}

/// What comes, without the frames.
#[derive(Debug, Default)]
struct Frames {
    /// The beginning of a frame that has not come whole.
    begun: Vec<u8>,
    /// Whether it comes in frames; not known before the first head.
    framed: Option<bool>,
}

impl Frames {
    /// Hands on what has come whole, with the output that it was written to.
    fn take(&mut self, chunk: &[u8], mut to: impl FnMut(u8, &[u8])) {
        self.begun.extend_from_slice(chunk);
        if self.framed.is_none() && self.begun.len() >= HEAD {
            self.framed = Some(self.begun[0] <= ERRORS && self.begun[1..4] == [0; 3]);
        }
        match self.framed {
            None => {}
            Some(false) => {
                to(STDOUT, &self.begun);
                self.begun.clear();
            }
            Some(true) => {
                let mut from = 0;
                while let Some((output, text)) = frame(&self.begun[from..]) {
                    to(output, text);
                    from += HEAD + text.len();
                }
                self.begun.drain(..from);
            }
        }
    }

    /// Nothing more comes: so few bytes that they are no head are a terminal's, and a frame that is not whole is left out.
    fn end(self, mut to: impl FnMut(u8, &[u8])) {
        if self.framed.is_none() && !self.begun.is_empty() {
            to(STDOUT, &self.begun);
        }
    }
}

/// The first frame's output and text, once it is whole.
fn frame(begun: &[u8]) -> Option<(u8, &[u8])> {
    let head = begun.get(..HEAD)?;
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
    let end = HEAD.saturating_add(usize::try_from(length).ok()?);
    Some((head[0], begun.get(HEAD..end)?))
}

/// The end of what comes.
#[derive(Debug)]
struct Tail {
    /// At most so many bytes of it.
    bytes: usize,
    kept: Vec<u8>,
}

impl Tail {
    fn keep(&mut self, text: &[u8]) {
        self.kept.extend_from_slice(text);
        if self.kept.len() > 2 * self.bytes {
            self.kept.drain(..self.kept.len() - self.bytes);
        }
    }

    fn end(self) -> String {
        let from = self.kept.len().saturating_sub(self.bytes);
        String::from_utf8_lossy(&self.kept[from..]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(chunks: &[impl AsRef<[u8]>], bytes: usize) -> String {
        let (mut frames, mut tail) = (Frames::default(), Tail { bytes, kept: Vec::new() });
        for chunk in chunks {
            frames.take(chunk.as_ref(), |_, text| tail.keep(text));
        }
        frames.end(|_, text| tail.keep(text));
        tail.end()
    }

    #[test]
    fn frames_are_taken_off_wherever_they_are_cut() {
        let whole = b"\x01\0\0\0\0\0\0\x04one\n\x02\0\0\0\0\0\0\x04two\n";
        assert_eq!(tail(&[whole], 100), "one\ntwo\n");
        for at in 0..whole.len() {
            assert_eq!(tail(&[&whole[..at], &whole[at..]], 100), "one\ntwo\n", "cut at {at}");
        }
        assert_eq!(tail(&[&whole[..20]], 100), "one\n", "what is not whole is left out");
    }

    #[test]
    fn a_terminals_output_is_bare() {
        assert_eq!(tail(&["a longer line\r\n", "and another\r\n"], 100), "a longer line\r\nand another\r\n");
        assert_eq!(tail(&[b"short"], 100), "short");
        assert_eq!(tail(&[b""; 0], 100), "");
    }

    #[test]
    fn of_much_the_end_is_kept() {
        let line = b"\x01\0\0\0\0\0\0\x0a123456789\n";
        assert_eq!(tail(&[line; 50], 15), "6789\n123456789\n");
    }
}
