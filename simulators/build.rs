//! Compiles the published wire schema, so that the simulated monitors know it as any vendor does: from its `.proto` file.

use std::{error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../proto");
    let schema = root.join("gemwatch/v1/waveform.proto");
    println!("cargo::rerun-if-changed={}", schema.display());
    let files = protox::compile([&schema], [root])?;
    prost_build::Config::new().compile_fds(files)?;
    Ok(())
}
