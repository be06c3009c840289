//! What containers wrote, as the engine streams it: in frames that name the output, or bare where it was a terminal's.

use super::client::{QUICK, is_page, patiently, root, url};
use super::id::short;
use super::{Engine, EngineError};

/// Before each frame stands its output, three zeros and its length.
const HEAD: usize = 8;

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
            let mut response = self.send(doing, self.raw.get(url(path, query))).await?;
            if response.status().as_u16() != 200 || is_page(&response) {
                let status = response.status().as_u16();
                return Err(EngineError::answered(doing, status, &self.body(doing, response).await?));
            }
            let mut tail = Tail { bytes, ..Tail::default() };
            while let Some(chunk) = response
                .chunk()
                .await
                .map_err(|error| EngineError::Cut { doing: doing.to_owned(), why: root(&error) })?
            {
                tail.take(&chunk);
            }
            Ok(tail.end())
        };
        patiently(doing, QUICK, once).await
    }
}

/// The end of what comes, without the frames.
#[derive(Debug, Default)]
struct Tail {
    /// At most so many bytes of it.
    bytes: usize,
    /// The beginning of a frame that has not come whole.
    begun: Vec<u8>,
    /// Whether it comes in frames; not known before the first head.
    framed: Option<bool>,
    kept: Vec<u8>,
}

impl Tail {
    fn take(&mut self, chunk: &[u8]) {
        self.begun.extend_from_slice(chunk);
        if self.framed.is_none() && self.begun.len() >= HEAD {
            self.framed = Some(self.begun[0] <= 3 && self.begun[1..4] == [0; 3]);
        }
        match self.framed {
            None => {}
            Some(false) => {
                let all = std::mem::take(&mut self.begun);
                self.keep(&all);
            }
            Some(true) => {
                while let Some(end) = self.frame() {
                    let frame: Vec<u8> = self.begun.drain(..end).skip(HEAD).collect();
                    self.keep(&frame);
                }
            }
        }
    }

    /// Where the first frame ends, once it is whole.
    fn frame(&self) -> Option<usize> {
        let head = self.begun.get(..HEAD)?;
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let end = HEAD.saturating_add(usize::try_from(length).ok()?);
        (end <= self.begun.len()).then_some(end)
    }

    fn keep(&mut self, text: &[u8]) {
        self.kept.extend_from_slice(text);
        if self.kept.len() > 2 * self.bytes {
            self.kept.drain(..self.kept.len() - self.bytes);
        }
    }

    fn end(mut self) -> String {
        if self.framed.is_none() {
            let all = std::mem::take(&mut self.begun);
            self.keep(&all);
        }
        let from = self.kept.len().saturating_sub(self.bytes);
        String::from_utf8_lossy(&self.kept[from..]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(chunks: &[impl AsRef<[u8]>], bytes: usize) -> String {
        let mut tail = Tail { bytes, ..Tail::default() };
        for chunk in chunks {
            tail.take(chunk.as_ref());
        }
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
