//! Checks that src/raw.rs declares exactly what include/lottery.h declares: types, constants and functions, read here
//! again, not by the script that makes them.
use std::collections::BTreeMap;

/// Declarations by name, as Rust text without layout.
type Items = BTreeMap<String, String>;

/// The text without `/* … */` comments, preprocessor lines and what only C++ sees; blanks become single.
fn plain_c(header: &str) -> String {
    let mut text = String::new();
    let mut rest = header;
    while let Some(start) = rest.find("/*") {
        text.push_str(&rest[..start]);
        rest = rest[start..].split_once("*/").expect("a comment that ends").1;
    }
    text.push_str(rest);
    let mut plain = Vec::new();
    let mut cplusplus = false;
    for line in text.lines() {
        if line.starts_with('#') {
            cplusplus = line.contains("__cplusplus");
        } else if !cplusplus {
            plain.extend(line.split_whitespace());
        }
    }
    plain.join(" ")
}

/// Cuts at semicolons outside of braces.
fn statements(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|character| {
        depth += (character == '{') as i32 - (character == '}') as i32;
        character == ';' && depth == 0
    })
    .map(str::trim)
    .filter(|statement| !statement.is_empty())
    .collect()
}

/// `const char **name` as ("name", "*mut *const c_char").
fn parameter(text: &str) -> (String, String) {
    let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').expect("a type and a name") + 1;
    let name = if &text[start..] == "type" { "r#type" } else { &text[start..] };
    (name.to_string(), rust_type(&text[..start]))
}

fn rust_type(text: &str) -> String {
    let constant = text.trim_start().starts_with("const ");
    let stars = text.matches('*').count();
    let base = text.replace("const ", "").replace('*', "");
    let base = match base.trim() {
        "int32_t" => "i32",
        "int64_t" => "i64",
        "uint8_t" => "u8",
        "uint64_t" => "u64",
        "float" => "f32",
        "double" => "f64",
        "char" => "c_char",
        "void" => "c_void",
        other if other.starts_with("lottery_") => other,
        other => panic!("no Rust type is known for {}", other),
    };
    let pointer = if constant { "*const " } else { "*mut " };
    match stars {
        0 => base.to_string(),
        _ => format!("{}{}{}", "*mut ".repeat(stars - 1), pointer, base),
    }
}

/// `(context: *mut lottery_context) -> lottery_status`
fn signature(parameters: &str, result: &str) -> String {
    let list: Vec<String> = match parameters.trim() {
        "void" => Vec::new(),
        list => list.split(',').map(parameter).map(|(name, kind)| format!("{}: {}", name, kind)).collect(),
    };
    let result = match result.trim() {
        "void" => String::new(),
        other => format!(" -> {}", rust_type(other)),
    };
    format!("({}){}", list.join(", "), result)
}

fn header_items(header: &str) -> Items {
    let text = plain_c(header);
    let mut items = Items::new();
    for statement in statements(&text) {
        if let Some(list) = statement.strip_prefix("enum {") {
            for constant in list.trim_end_matches('}').split(',') {
                let (name, value) = constant.split_once('=').expect("an enumerator with its value");
                let (name, value) = (name.trim(), value.trim());
                items.insert(name.into(), format!("pub const {}: i32 = {};", name, value));
            }
        } else if let Some(name) = statement.strip_prefix("typedef struct ") {
            let name = name.split(' ').next().unwrap();
            items.insert(name.into(), format!("pub struct {} {{ _private: [u8; 0] }}", name));
        } else if let Some((result, rest)) = statement.strip_prefix("typedef ").and_then(|s| s.split_once("(*")) {
            let (name, parameters) = rest.split_once(")(").expect("a function type");
            let signature = signature(parameters.trim_end_matches(')'), result);
            items.insert(name.into(), format!("pub type {} = Option<unsafe extern \"C\" fn{}>;", name, signature));
        } else if let Some(alias) = statement.strip_prefix("typedef ") {
            let (name, kind) = parameter(alias);
            items.insert(name.clone(), format!("pub type {} = {};", name, kind));
        } else {
            let (start, parameters) = statement.split_once('(').expect("a function");
            let name = start.rsplit([' ', '*']).next().unwrap();
            let signature = signature(parameters.trim_end_matches(')'), &start[..start.len() - name.len()]);
            items.insert(name.into(), format!("pub fn {}{};", name, signature));
        }
    }
    items
}

fn raw_items(source: &str) -> Items {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut items = Items::new();
    for item in code.split("pub ").skip(1) {
        let end = if item.starts_with("struct") { '}' } else { ';' };
        let item = &item[..=item.find(end).expect("an item that ends")];
        let name = item.split(|c: char| !c.is_alphanumeric() && c != '_').nth(1).unwrap();
        assert!(items.insert(name.into(), format!("pub {}", item)).is_none(), "{} stands twice", name);
    }
    items
}

/// Layout is rustfmt's.
fn same(left: &str, right: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>().replace(",)", ")").replace(",}", "}");
    squeeze(left) == squeeze(right)
}

fn differences(header: &Items, raw: &Items) -> Vec<String> {
    let mut found = Vec::new();
    for (name, wanted) in header {
        match raw.get(name) {
            None => found.push(format!("missing: {}", wanted)),
            Some(item) if !same(item, wanted) => found.push(format!("differs: {} must be\n  {}", item, wanted)),
            Some(_) => {}
        }
    }
    found.extend(
        raw.keys().filter(|name| !header.contains_key(*name)).map(|name| format!("not in lottery.h: {}", name)),
    );
    found
}

#[test]
fn raw_layer_is_the_header() {
    let header = header_items(include_str!("../../../include/lottery.h"));
    let raw = raw_items(include_str!("../src/raw.rs"));
    assert!(header.len() > 180, "only {} declarations read from lottery.h", header.len());
    let found = differences(&header, &raw);
    assert!(found.is_empty(), "src/raw.rs and include/lottery.h differ (run examples/make_declarations.py):\n{}", found.join("\n"));
}

#[test]
fn every_kind_of_difference_is_seen() {
    let header = header_items(
        "/* pub */\n#ifdef __cplusplus\nextern \"C\" {\n#endif\nenum { LOTTERY_A = 1, /* ; */ LOTTERY_B = -2 };\n\
         typedef struct lottery_box lottery_box;\ntypedef int32_t lottery_status;\n\
         typedef void (*lottery_call)(double x, void *user);\n\
         #ifdef __cplusplus\n}\n#endif\nconst char *lottery_name(void);\n\
         lottery_status lottery_box_get(lottery_box *box, const int64_t *shape,\n  const char **name, int32_t *type);\n",
    );
    let good = "pub const LOTTERY_A: i32 = 1; pub const LOTTERY_B: i32 = -2;\n\
         pub struct lottery_box {\n _private: [u8; 0],\n}\npub type lottery_status = i32;\n\
         pub type lottery_call = Option<unsafe extern \"C\" fn(x: f64, user: *mut c_void)>;\n\
         extern \"C\" { pub fn lottery_name() -> *const c_char; // pub fn x();\n\
         pub fn lottery_box_get(box: *mut lottery_box, shape: *const i64, name: *mut *const c_char,\n\
         r#type: *mut i32,\n) -> lottery_status; }";
    assert_eq!(differences(&header, &raw_items(good)), Vec::<String>::new());
    for (old, new, word) in [
        ("= -2", "= 2", "differs: pub const LOTTERY_B"),
        ("pub const LOTTERY_A: i32 = 1;", "", "missing: pub const LOTTERY_A: i32 = 1;"),
        ("*const i64", "*mut i64", "differs: pub fn lottery_box_get"),
        ("x: f64", "x: f32", "differs: pub type lottery_call"),
        ("pub type lottery_status = i32;", "", "missing: pub type lottery_status = i32;"),
        ("lottery_name()", "lottery_names()", "not in lottery.h: lottery_names"),
        ("struct lottery_box", "struct lottery_bag", "missing: pub struct lottery_box"),
    ] {
        let found = differences(&header, &raw_items(&good.replace(old, new)));
        assert!(found.iter().any(|text| text.starts_with(word)), "{} for {}: {:?}", new, old, found);
    }
}
