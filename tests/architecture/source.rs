//! A Rust file as the rules see it: comments and texts blanked out, test modules left off, paths spelled out.

/// How the tests of a file begin that stand in it.
const TEST_MODULE: &str = "#[cfg(test)]\nmod tests {";

/// One file.
pub(crate) struct Source {
    /// Its path below the repository, with `/`.
    pub(crate) path: String,
    /// As it is.
    pub(crate) text: String,
    /// Without what comments and texts say, and without inline test modules; line by line as in the file.
    pub(crate) code: String,
}

/// Where a rule is broken, and how.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding(pub(crate) String);

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut code = blank(text);
        blank_test_modules(&mut code);
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// The module right below the crate: `notify` for `src/notify/email.rs`.
    pub(crate) fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
    }

    /// How many modules deep it is: 1 for `src/notify.rs`, 2 for `src/notify/email.rs`.
    fn depth(&self) -> usize {
        self.path.matches('/').count()
    }

    /// Whether all of it is compiled for tests only.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    pub(crate) fn finding(&self, offset: usize, what: impl std::fmt::Display) -> Finding {
        let line = self.code[..offset].matches('\n').count() + 1;
        Finding(format!("{}:{line}: {what}", self.path))
    }

    /// Each place in the code where these words stand, apart from longer words that contain them.
    pub(crate) fn words(&self, words: &str) -> Vec<usize> {
        let found = self.code.match_indices(words).map(|(at, _)| at);
        found.filter(|at| is_whole(&self.code, *at, words.len())).collect()
    }

    /// Each text that is written out in production code, from its first character on, and where.
    pub(crate) fn literals(&self) -> Vec<(usize, &str)> {
        let tests = self.text.find(TEST_MODULE).unwrap_or(self.text.len());
        let quotes = self.text[..tests].match_indices('"').map(|(at, _)| at);
        let in_comment = |at: usize| {
            let line = self.text[..at].rsplit('\n').next().unwrap_or_default();
            line.trim_start().starts_with("//")
        };
        quotes.filter(|at| !in_comment(*at)).map(|at| (at, &self.text[at + 1..])).collect()
    }

    /// What it takes from other modules of the crate: the module, and where.
    pub(crate) fn crate_paths(&self) -> Vec<(usize, Reach)> {
        let mut reached = Vec::new();
        for at in self.words("crate") {
            let rest = &self.code[at + "crate".len()..];
            if self.code[..at].ends_with('(') && rest.starts_with(')') {
                continue; // pub(crate)
            }
            reached.extend(heads(rest).into_iter().map(|head| (at, head)));
        }
        for at in self.words("super") {
            if self.code[..at].ends_with("super::") || self.code[..at].ends_with("in ") {
                continue; // a later one of a chain, which was followed from its first; or pub(in super)
            }
            let chain = self.code[at..].split("::").take_while(|segment| *segment == "super").count();
            if chain >= self.depth() && !self.code[at..].starts_with("super)") {
                reached.push((at, Reach::Root));
            }
        }
        reached
    }
}

/// Where a path leads.
#[derive(Debug, PartialEq)]
pub(crate) enum Reach {
    /// To this module right below the crate.
    Module(String),
    /// To the crate as a whole, from where everything can be reached.
    Root,
}

/// What stands after `crate`: `::name…`, `::{name…, name…}`, or something that hides where it leads.
fn heads(rest: &str) -> Vec<Reach> {
    let Some(rest) = rest.trim_start().strip_prefix("::") else { return vec![Reach::Root] };
    let rest = rest.trim_start();
    let Some(group) = rest.strip_prefix('{') else { return vec![head(rest)] };
    let (mut depth, mut start, mut all) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = group[start..at].trim();
                all.extend((!item.is_empty()).then(|| head(item)));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    all
}

fn head(path: &str) -> Reach {
    let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // A name with a capital is an item of lib.rs, and `self` and `*` are the crate itself.
    let hides = name.is_empty() || name == "self" || name.starts_with(char::is_uppercase);
    if hides { Reach::Root } else { Reach::Module(name) }
}

fn is_whole(text: &str, at: usize, length: usize) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    !text[..at].ends_with(part) && !text[at + length..].starts_with(part)
}

/// Comments and the insides of texts become spaces; line breaks stay.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let keep = opening(rest);
        let skip = keep + hidden(&rest[keep..]);
        code.push_str(&rest[..keep]);
        code.extend(rest[keep..skip].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = &rest[skip..];
    }
    code
}

/// Bytes up to the next comment or text.
fn opening(rest: &str) -> usize {
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let here = &rest[at..];
        let raw = !before.is_alphanumeric() && before != '_' && raw_hashes(here).is_some();
        if here.starts_with("//") || here.starts_with("/*") || c == '"' || raw || char_literal(here) > 0 {
            return at;
        }
        before = c;
    }
    rest.len()
}

/// Bytes of the comment or text that begins here.
fn hidden(here: &str) -> usize {
    if here.starts_with("//") {
        return here.find('\n').unwrap_or(here.len());
    }
    if here.starts_with("/*") {
        return here.find("*/").map_or(here.len(), |end| end + 2);
    }
    if let Some(hashes) = raw_hashes(here) {
        let start = here.find('"').map_or(here.len(), |quote| quote + 1);
        let close = format!("\"{}", "#".repeat(hashes));
        return here[start..].find(&close).map_or(here.len(), |end| start + end + close.len());
    }
    if here.starts_with('"') {
        let mut escaped = false;
        for (at, c) in here.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return at + 1,
                _ => {}
            }
        }
        return here.len();
    }
    char_literal(here)
}

/// How many `#` a raw text has that begins here.
fn raw_hashes(here: &str) -> Option<usize> {
    let rest = here.strip_prefix('b').unwrap_or(here).strip_prefix('r')?;
    let quote = rest.find(|c| c != '#')?;
    rest[quote..].starts_with('"').then_some(quote)
}

/// Bytes of the character that is written here; 0 for a lifetime and everything else.
fn char_literal(here: &str) -> usize {
    let Some(inside) = here.strip_prefix('\'') else { return 0 };
    if inside.starts_with('\\') {
        return inside[2.min(inside.len())..].find('\'').map_or(0, |end| end + 4);
    }
    let mut chars = inside.char_indices();
    chars.next();
    match chars.next() {
        Some((at, '\'')) => at + 2,
        _ => 0,
    }
}

/// `#[cfg(test)] mod tests { … }` is no production code.
fn blank_test_modules(code: &mut String) {
    while let Some(start) = code.find(TEST_MODULE) {
        let mut depth = 0_usize;
        let end = code[start..].char_indices().find_map(|(at, c)| {
            depth = match c {
                '{' => depth + 1,
                '}' => depth - 1,
                _ => return None,
            };
            (depth == 0).then_some(start + at + 1)
        });
        let end = end.unwrap_or(code.len());
        let blanked: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(start..end, &blanked);
    }
}
