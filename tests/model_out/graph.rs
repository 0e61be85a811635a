//! Table of token embeddings as ONNX graphs that do not do their work, written byte by byte: ONNX is Protobuf, and a graph of a few
//! nodes needs no library.
//!
//! In goes a [`Fault`] and the sizes of a package, out come the bytes of its `token_embedding.onnx`.

/// What is wrong with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has one row, so that every other token lies outside: the run fails.
    Fails,
    /// It asks for more memory than any machine has: the run fails.
    EatsMemory,
    /// It counts to a billion first.
    IsSlow,
    /// It holds no numbers (NaN).
    HoldsNoNumbers,
}

const FLOAT: u64 = 1;
const INT64: u64 = 7;
const BOOL: u64 = 9;

fn varint(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encode_length_delimiter(value as usize, &mut bytes).unwrap();
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn text(field: u64, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

/// A `TensorProto`.
fn tensor(name: &str, kind: u64, dims: &[u64], raw: &[u8]) -> Vec<u8> {
    let dims = dims.iter().flat_map(|dim| number(1, *dim));
    [dims.collect(), number(2, kind), text(8, name), bytes(9, raw)].concat()
}

fn floats(name: &str, dims: &[u64], value: f32) -> Vec<u8> {
    let count = dims.iter().product::<u64>() as usize;
    tensor(name, FLOAT, dims, &value.to_le_bytes().repeat(count))
}

fn integers(name: &str, dims: &[u64], value: i64) -> Vec<u8> {
    let count = dims.iter().product::<u64>() as usize;
    tensor(name, INT64, dims, &value.to_le_bytes().repeat(count))
}

/// An `AttributeProto` that holds a tensor (field 5, type 4), a graph (field 6, type 5) or a number (field 3, type 2).
fn attribute(name: &str, field: u64, value: &[u8]) -> Vec<u8> {
    let kind = match field {
        5 => 4,
        6 => 5,
        _ => 2,
    };
    let value = if field == 3 { [varint(3 << 3), value.to_vec()].concat() } else { bytes(field, value) };
    [text(1, name), value, number(20, kind)].concat()
}

/// A `NodeProto`, as a field of its graph.
fn node(kind: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|name| text(1, name));
    let outputs = outputs.iter().flat_map(|name| text(2, name));
    let attributes = attributes.iter().flat_map(|attribute| bytes(5, attribute));
    bytes(1, &[inputs.collect(), outputs.collect::<Vec<u8>>(), text(4, kind), attributes.collect()].concat())
}

/// A `ValueInfoProto`; a dimension of 0 is left open.
fn value(name: &str, kind: u64, dims: &[u64]) -> Vec<u8> {
    let dim = |dim: &u64| bytes(1, &if *dim == 0 { text(2, name) } else { number(1, *dim) });
    let shape = dims.iter().flat_map(dim).collect::<Vec<u8>>();
    let tensor_type = [number(1, kind), bytes(2, &shape)].concat();
    [text(1, name), bytes(2, &bytes(1, &tensor_type))].concat()
}

/// A `GraphProto`.
fn graph(nodes: &[Vec<u8>], initializers: &[Vec<u8>], inputs: &[Vec<u8>], outputs: &[Vec<u8>]) -> Vec<u8> {
    let initializers = initializers.iter().flat_map(|tensor| bytes(5, tensor));
    let inputs = inputs.iter().flat_map(|input| bytes(11, input));
    let outputs = outputs.iter().flat_map(|output| bytes(12, output));
    [nodes.concat(), text(2, "graph"), initializers.collect(), inputs.collect(), outputs.collect()].concat()
}

/// The bytes of a `token_embedding.onnx`.
pub fn token_embedding(fault: Fault, vocab: u64, hidden: u64) -> Vec<u8> {
    let gather = |to: &str| node("Gather", &["weights", "input_ids"], &[to], &[]);
    let weights = |rows: u64, value: f32| floats("weights", &[rows, hidden], value);
    let (nodes, initializers) = match fault {
        Fault::Fails => (vec![gather("inputs_embeds")], vec![weights(1, 0.0)]),
        Fault::HoldsNoNumbers => (vec![gather("inputs_embeds")], vec![weights(vocab, f32::NAN)]),
        Fault::EatsMemory => {
            // 10^8 times as many rows and columns as there are tokens: 40 PB.
            let zero = attribute("value", 5, &floats("zero", &[1], 0.0));
            let nodes = vec![
                gather("embeddings"),
                node("Shape", &["input_ids"], &["shape"], &[]),
                node("Mul", &["shape", "many"], &["vast"], &[]),
                node("ConstantOfShape", &["vast"], &["zeros"], &[zero]),
                node("ReduceSum", &["zeros"], &["sum"], &[attribute("keepdims", 3, &varint(0))]),
                node("Add", &["embeddings", "sum"], &["inputs_embeds"], &[]),
            ];
            (nodes, vec![weights(vocab, 0.0), integers("many", &[2], 100_000_000)])
        }
        Fault::IsSlow => {
            let shape = [0, 0, hidden];
            let body = graph(
                &[
                    node("Identity", &["go_on"], &["goes_on"], &[]),
                    node("Add", &["before", "nothing"], &["after"], &[]),
                ],
                &[floats("nothing", &[1], 0.0)],
                &[value("turn", INT64, &[]), value("go_on", BOOL, &[]), value("before", FLOAT, &shape)],
                &[value("goes_on", BOOL, &[]), value("after", FLOAT, &shape)],
            );
            let turns =
                node("Loop", &["turns", "yes", "embeddings"], &["inputs_embeds"], &[attribute("body", 6, &body)]);
            let yes = tensor("yes", BOOL, &[], &[1]);
            (vec![gather("embeddings"), turns], vec![weights(vocab, 0.0), integers("turns", &[], 1_000_000_000), yes])
        }
    };
    let whole = graph(
        &nodes,
        &initializers,
        &[value("input_ids", INT64, &[0, 0])],
        &[value("inputs_embeds", FLOAT, &[0, 0, hidden])],
    );
    // ir_version, opset_import { version }, graph.
    [number(1, 8), bytes(8, &number(2, 17)), bytes(7, &whole)].concat()
}
