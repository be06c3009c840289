//! Texts cut to a platform's limit, in its own unit and never in the middle of a character.

/// What a platform counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes of UTF-8: a Chinese character is three, most emoji are four.
    Bytes,
    /// Units of UTF-16. Platforms that say "characters" count these or fewer.
    Utf16,
}

impl Unit {
    pub(super) fn count(self, text: &str) -> usize {
        match self {
            Self::Bytes => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    fn of(self, character: char) -> usize {
        match self {
            Self::Bytes => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
        }
    }

    /// The text, or its beginning and an ellipsis.
    pub(super) fn clip(self, text: &str, most: usize) -> String {
        if self.count(text) <= most {
            return text.to_owned();
        }
        let mut room = most.saturating_sub(self.of('…'));
        let mut clipped = String::new();
        for character in text.chars() {
            let Some(left) = room.checked_sub(self.of(character)) else { break };
            room = left;
            clipped.push(character);
        }
        let mut clipped =
            clipped.trim_end_matches(|last: char| last.is_whitespace() || joins(last)).to_owned();
        if most >= self.of('…') {
            clipped.push('…');
        }
        clipped
    }

    /// As much of the text as fits when it is escaped; nothing is cut within an escape.
    pub(super) fn clip_escaped(self, text: &str, most: usize, escape: impl Fn(&str) -> String) -> String {
        let mut room = most;
        loop {
            let escaped = escape(&self.clip(text, room));
            let over = self.count(&escaped).saturating_sub(most);
            if over == 0 || room == 0 {
                return escaped;
            }
            // No escape makes more than six of one.
            room = room.saturating_sub(over.div_ceil(6));
        }
    }
}

/// What only belongs to the character before or after it: joiners, variation selectors.
fn joins(character: char) -> bool {
    matches!(character, '\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}')
}
