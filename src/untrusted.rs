//! What somebody else wrote, made harmless for every place it can end up in: a terminal, a log, a mail, a chat, a page.
//!
//! There is one table of the characters that do something where they are shown, and two ways to deal with them: a space
//! in their place, or their number, where somebody has to find them.

/// In a sentence, somebody else's words go this far, in bytes.
const QUOTED: usize = 300;

/// A version, a name or the like goes this far, in characters.
const NAMED: usize = 128;

/// Whether a character does something where it is shown rather than being seen there: it moves the cursor, ends the
/// line, turns the way of writing, or hides.
pub fn acts(character: char) -> bool {
    let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}'
    );
    character.is_control() || turns || hides || matches!(character, '\u{2028}' | '\u{2029}')
}

/// As one line: what acts is a space.
pub fn harmless(text: &str) -> String {
    text.chars().map(spaced).collect()
}

/// As one line that is not endless, for a sentence.
pub fn clean(text: &str) -> String {
    short(text, QUOTED)
}

/// The same within Markdown: nothing of it is markup.
pub fn marked(text: &str) -> String {
    let mut marked = String::new();
    for character in clean(text).chars() {
        if "\\`*_[]<>#|".contains(character) {
            marked.push('\\');
        }
        marked.push(character);
    }
    marked
}

/// As a version or another name, which goes into every event, row and plan: one line, and not long.
pub fn named(text: &str) -> String {
    let mut rest = seen(text).chars().map(spaced);
    let name: String = rest.by_ref().take(NAMED).collect();
    if rest.next().is_none() {
        return name;
    }
    name.chars().take(NAMED - 1).chain(['…']).collect()
}

/// As one line that is cut after so many bytes.
pub fn short(text: &str, most: usize) -> String {
    cut(seen(text), most, |line, character| line.push(spaced(character)))
}

/// As one line that is cut after so many bytes, and in which whatever acts can be seen and looked for.
pub fn escaped(text: &str, most: usize) -> String {
    cut(text.trim(), most, |line, character| {
        if acts(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    })
}

/// Without what is not to be seen at either end.
fn seen(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || acts(character))
}

fn spaced(character: char) -> char {
    if acts(character) { ' ' } else { character }
}

/// Whole characters only, and an ellipsis for what is left out.
fn cut(text: &str, most: usize, write: impl Fn(&mut String, char)) -> String {
    let mut line = String::with_capacity(text.len().min(most));
    for character in text.chars() {
        let before = line.len();
        write(&mut line, character);
        if line.len() > most {
            line.truncate(before);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_something_is_a_space() {
        assert_eq!(clean(" a\r\nb\tc\u{0}d\u{1b}[31me\u{7f}\u{85}f "), "a  b c d [31me  f");
        for acting in
            "\u{200e}\u{202a}\u{202e}\u{2066}\u{2069}\u{61c}\u{2028}\u{2029}\u{200b}\u{ad}\u{feff}\u{e0041}"
                .chars()
        {
            assert_eq!(clean(&format!("a{acting}b")), "a b", "{acting:?}");
            assert_eq!(harmless(&format!("a{acting}b")), "a b", "{acting:?}");
        }
        assert_eq!(
            clean("字 é e\u{301} 葛\u{e0100} ❤\u{fe0f} 😀"),
            "字 é e\u{301} 葛\u{e0100} ❤\u{fe0f} 😀",
            "letters are letters"
        );
    }

    #[test]
    fn what_does_something_can_be_found() {
        assert_eq!(escaped("a\nb\u{1b}[31m\0", 99), "a\\nb\\u{1b}[31m\\u{0}");
        assert_eq!(escaped("gnp.\u{202e}exe\u{200b}\u{2028}!", 99), "gnp.\\u{202e}exe\\u{200b}\\u{2028}!");
    }

    #[test]
    fn a_name_is_short() {
        assert_eq!(named(" 1.2\0.3\n"), "1.2 .3");
        assert_eq!(named(&"版".repeat(NAMED)), "版".repeat(NAMED), "what just fits is not cut");
        assert_eq!(named(&"版".repeat(10 << 20)), "版".repeat(NAMED - 1) + "…");
        assert_eq!(named("\u{202e}\u{200b}\r\n"), "", "nothing of it is to be seen");
    }

    #[test]
    fn it_is_cut_between_characters() {
        assert_eq!(clean(&"x".repeat(QUOTED)), "x".repeat(QUOTED), "what just fits is not cut");
        assert_eq!(clean(&"x".repeat(QUOTED + 1)), "x".repeat(QUOTED) + "…");
        assert_eq!(short(&"é".repeat(9), 5), "éé…");
        assert_eq!(escaped(&"\u{1b}".repeat(9), 7), "\\u{1b}…");
    }
}
