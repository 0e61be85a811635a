//! What a Markdown file holds for the tests of the documents: code blocks, inline code, links and headings.
//!
//! In: the text. Out: each of them with its line number. Enough of Markdown for the files here; no parser of all of it.

/// A fenced or indented block of code.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// The word after the fence; none for indented blocks and bare fences.
    pub language: Option<String>,
    /// The line number of its first line, from 1.
    pub at: usize,
    /// Its lines without the indentation.
    pub lines: Vec<String>,
}

/// A piece of a line, and on which line it stands.
#[derive(Debug, PartialEq)]
pub struct Piece {
    /// The line number, from 1.
    pub at: usize,
    /// The piece.
    pub text: String,
}

/// What was found in one file.
#[derive(Debug, Default, PartialEq)]
pub struct Document {
    /// Blocks of code.
    pub blocks: Vec<Block>,
    /// What stands between backticks in the text.
    pub code: Vec<Piece>,
    /// Targets of links and pictures.
    pub links: Vec<Piece>,
    /// The names by which headings can be linked to.
    pub anchors: Vec<String>,
}

impl Document {
    /// Reads a file's text.
    pub fn read(text: &str) -> Document {
        let mut document = Document::default();
        let mut fence: Option<(usize, Block)> = None;
        let mut prose: Vec<(usize, &str)> = Vec::new();
        let mut is_after_blank = true;
        for (index, line) in text.lines().enumerate() {
            let (at, trimmed) = (index + 1, line.trim_start());
            let indent = line.len() - trimmed.len();
            if let Some((indent, block)) = &mut fence {
                if trimmed.starts_with("```") {
                    document.blocks.extend(fence.take().map(|(_, block)| block));
                } else {
                    block.lines.push(line.get(*indent..).unwrap_or(trimmed).to_owned());
                }
                continue;
            }
            if let Some(language) = trimmed.strip_prefix("```") {
                let language = Some(language.trim().to_owned()).filter(|language| !language.is_empty());
                fence = Some((indent, Block { language, at: at + 1, lines: Vec::new() }));
                continue;
            }
            let last = document.blocks.last_mut().filter(|block| block.language.is_none());
            let goes_on = last.filter(|block| indent >= 4 && block.at + block.lines.len() == at);
            if let Some(block) = goes_on {
                block.lines.push(trimmed.to_owned());
            } else if indent >= 4 && is_after_blank && !trimmed.is_empty() {
                document.blocks.push(Block { language: None, at, lines: vec![trimmed.to_owned()] });
            } else {
                prose.push((at, line));
            }
            is_after_blank = trimmed.is_empty();
        }
        document.read_prose(&prose);
        document
    }

    fn read_prose(&mut self, prose: &[(usize, &str)]) {
        // Code that goes on in the next line of its paragraph.
        let mut is_open = false;
        for (at, line) in prose {
            is_open &= !line.trim().is_empty();
            if let Some(heading) = line.strip_prefix('#') {
                self.anchors.push(anchor(heading.trim_start_matches('#').trim()));
            }
            let parts: Vec<&str> = line.split('`').collect();
            let piece = |text: &str| Piece { at: *at, text: text.to_owned() };
            let is_code = |number: usize| (number % 2 == 1) != is_open;
            let is_whole = |number: usize| number > 0 && number + 1 < parts.len();
            let whole = parts.iter().enumerate().filter(|(number, _)| is_code(*number) && is_whole(*number));
            self.code.extend(whole.map(|(_, text)| piece(text)));
            // A target in code is no link.
            let bare = parts.iter().enumerate().map(|(number, text)| if is_code(number) { "code" } else { text });
            let bare: String = bare.collect();
            let targets = bare.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            self.links.extend(targets.map(|(to, _)| piece(to)));
            is_open = is_code(parts.len() - 1);
        }
    }
}

/// The name by which a heading can be linked to, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = |character: &char| character.is_alphanumeric() || " -_".contains(*character);
    heading
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|character| if character == ' ' { '-' } else { character })
        .collect()
}

#[test]
fn blocks_code_and_links_are_found() {
    let text = "# A `b` c, d\n\nSee `x/y.rs` and `over\nlines` [z](z.md#a).\n\n    gemwatch demo\n    more\n\n```sh\nls\n  a\n```\n";
    let document = Document::read(text);
    let block = |language: Option<&str>, at, lines: [&str; 2]| Block {
        language: language.map(str::to_owned),
        at,
        lines: lines.map(str::to_owned).to_vec(),
    };
    assert_eq!(document.blocks, [block(None, 6, ["gemwatch demo", "more"]), block(Some("sh"), 10, ["ls", "  a"])]);
    let texts = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.clone()).collect::<Vec<_>>();
    assert_eq!(
        (texts(&document.code), texts(&document.links)),
        (vec!["b".into(), "x/y.rs".into()], vec!["z.md#a".into()])
    );
    assert_eq!(document.anchors, ["a-b-c-d"]);
}
