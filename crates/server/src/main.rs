//! The binary `haidang`.

use std::process::ExitCode;

fn main() -> ExitCode {
    haidang_server::cli::main()
}
