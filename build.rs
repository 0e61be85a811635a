//! Compiles `proto/` to Rust, without needing `protoc` on the machine, and lists the files of the board's page.

use std::error::Error;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the page of the board lies.
const PAGE: &str = "src/board/page";

const FILES: [&str; 2] = ["gemwatch/v1/waveform.proto", "gemwatch/v1/reading_request.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo::rerun-if-changed=proto/{file}");
    }
    let descriptors = protox::compile(FILES, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    println!("cargo::rerun-if-changed={PAGE}");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("board_assets.rs"), board_assets()?)?;
    Ok(())
}

/// Rust that holds the page: its files under an address that changes with their content.
fn board_assets() -> Result<String, Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(PAGE);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let (mut hasher, mut index, mut assets) = (DefaultHasher::new(), String::new(), String::new());
    for file in &files {
        let content = fs::read_to_string(file)?;
        content.hash(&mut hasher);
        let name = file.file_name().and_then(|name| name.to_str()).ok_or("a file of the page has no name")?;
        if name == "index.html" {
            index = content;
        } else {
            // Not the whole path: builds of several checkouts may share what this writes.
            let file = format!("/{PAGE}/{name}");
            writeln!(assets, "    ({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {file:?}))),")?;
        }
    }
    let path = format!("/assets/{:016x}", hasher.finish());
    let index = index.replace("/assets", &path);
    Ok(format!(
        "const INDEX: &str = {index:?};\npub const ASSETS_PATH: &str = {path:?};\nconst ASSETS: &[(&str, &str)] = &[\n{assets}];\n"
    ))
}
