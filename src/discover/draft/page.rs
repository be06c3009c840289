//! A page of TOML with comments. Values are written by the library, comments one harmless line after the other, so that
//! no name that anybody has given can become a key.

use toml::Value;
use unicode_width::UnicodeWidthChar as _;

use crate::untrusted::harmless;

/// Comments are as wide as this, beside their `# `.
const WIDE: usize = 108;

#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    /// What is written is there to be switched on: behind a `#`.
    off: bool,
}

impl Page {
    /// What explains the lines that follow.
    pub(super) fn note(&mut self, sentence: &str) {
        for line in wrapped(&harmless(sentence)) {
            self.text.push_str(&format!("# {line}\n"));
        }
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// From here on, or no longer.
    pub(super) fn switch_off(&mut self, off: bool) {
        self.off = off;
    }

    /// The head of a table.
    pub(super) fn table(&mut self, path: &[&str]) {
        let path: Vec<String> = path.iter().map(|key| quoted(key)).collect();
        self.line(&format!("[{}]", path.join(".")));
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.line(&format!("{key} = {}", on_one_line(&value.into())));
    }

    /// A line of an example, which is never in force.
    pub(super) fn example(&mut self, line: &str) {
        self.text.push_str(&format!("#{line}\n"));
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        let begins = if self.off { "#" } else { "" };
        self.text.push_str(&format!("{begins}{line}\n"));
    }
}

/// A key, in quotes where it needs them: a name may have a dot.
fn quoted(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let needs_none = !key.is_empty() && key.bytes().all(bare);
    if needs_none { key.to_owned() } else { on_one_line(&Value::from(key)) }
}

/// A value, which a `#` before it switches off. JSON has the same escapes for a text of several lines.
fn on_one_line(value: &Value) -> String {
    let escaped = value.as_str().filter(|text| text.contains(char::is_control));
    escaped.map_or_else(
        || value.to_string(),
        |text| serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f"),
    )
}

/// Lines that are not too wide, broken at blanks, and between characters that stand without any.
fn wrapped(sentence: &str) -> Vec<String> {
    let (mut lines, mut line, mut wide) = (Vec::new(), String::new(), 0);
    for word in pieces(sentence) {
        let width = word.chars().filter_map(char::width).sum::<usize>();
        if wide + width > WIDE && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            wide = 0;
        }
        let word = if line.is_empty() { word.trim_start() } else { word };
        line.push_str(word);
        wide += word.chars().filter_map(char::width).sum::<usize>();
    }
    lines.extend(Some(line.trim_end().to_owned()).filter(|line| !line.is_empty()));
    lines
}

/// Words, each with the blanks before it; a wide character is one by itself, with the punctuation that follows.
fn pieces(sentence: &str) -> Vec<&str> {
    let (mut pieces, mut from, mut last) = (Vec::new(), 0, ' ');
    for (at, character) in sentence.char_indices() {
        let wide = |character: char| character.width() == Some(2);
        let closes = matches!(character, '，' | '。' | '：' | '；' | '、' | '）' | '”' | '》');
        let opens = matches!(last, '（' | '“' | '《');
        let parts = character == ' ' && last != ' ' || (wide(character) || wide(last)) && !closes && !opens;
        if parts && at > from && last != ' ' {
            pieces.push(&sentence[from..at]);
            from = at;
        }
        last = character;
    }
    pieces.push(&sentence[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_broken_where_they_may_be() {
        let english = "word ".repeat(60);
        let chinese = "健康检查，".repeat(40);
        for sentence in [english.trim(), &chinese] {
            let lines = wrapped(sentence);
            assert!(lines.len() > 2, "{lines:?}");
            for line in &lines {
                let width = line.chars().filter_map(char::width).sum::<usize>();
                assert!((60..=WIDE + 2).contains(&width) || line == lines.last().unwrap(), "{width}: {line}");
                assert!(!line.starts_with([' ', '，']), "{line}");
            }
            let blanks = if sentence.contains(' ') { " " } else { "" };
            assert_eq!(lines.join(blanks), sentence);
        }
    }

    #[test]
    fn nothing_gets_out_of_a_comment_or_a_value() {
        let evil = "x\"\n[service.evil]\ncontainer = \"y\u{1b}[31m";
        let mut page = Page::default();
        page.note(evil);
        page.set("name", evil);
        page.table(&["service", evil, "shop.api"]);
        let table: toml::Table = page.text().parse().unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["name", "service"]);
        assert_eq!(table["name"].as_str(), Some(evil));
        assert!(table["service"][evil]["shop.api"].is_table(), "{table:?}");
    }
}
