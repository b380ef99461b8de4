//! See `alternator_lb_core::fuzzing::local_nodes`.

#![no_main]

use alternator_lb_core::fuzzing::local_nodes;

libfuzzer_sys::fuzz_target!(|input: &[u8]| local_nodes(input));
