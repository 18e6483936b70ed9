//! The only file that names the YAML parser.
