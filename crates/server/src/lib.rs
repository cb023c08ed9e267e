//! The binary haidang: configuration, composition, command line.
