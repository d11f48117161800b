use proptest::prelude::*;

use super::*;

/// A map as text, names in their boxes.
fn drawing(plan: &Plan, names: &[&str], ascii: bool) -> String {
    let mut rows = vec![vec![' '; usize::from(plan.size.0)]; usize::from(plan.size.1)];
    for ((y, x), cell) in plan.cells() {
        rows[usize::from(y)][usize::from(x)] = cell.stroke.glyph(ascii);
    }
    for (place, name) in plan.places.iter().zip(names) {
        let (width, height) = (usize::from(place.width), usize::from(place.height));
        let inner = width.saturating_sub(2);
        let framed = |left: &str, middle: String, right: &str| format!("{left}{middle}{right}");
        for row in 0..height {
            let name = format!("{:inner$.inner$}", if row == 1 || height < 3 { name } else { "" });
            let text = match row {
                _ if height < 3 => framed("[", name, "]"),
                0 => framed("╭", "─".repeat(inner), "╮"),
                row if row + 1 == height => framed("╰", "─".repeat(inner), "╯"),
                _ => framed("│", name, "│"),
            };
            let from = usize::from(place.x);
            rows[usize::from(place.y) + row].splice(from..from + width, text.chars());
        }
    }
    let lines: Vec<String> = rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_string()).collect();
    lines.join("\n") + "\n"
}

fn drawn(names: &[&str], edges: &[(usize, usize)], size: (u16, u16), room: (u16, u16)) -> String {
    let sizes = vec![Size { width: size.0, height: size.1 }; names.len()];
    let plan = lay_out(&sizes, edges, room);
    check(&plan, &sizes, edges);
    format!("\n{}", drawing(&plan, names, false))
}

/// A shop: an API with six functions, their tables and queues, and what works behind the queues.
fn shop() -> (Vec<&'static str>, Vec<(usize, usize)>) {
    let calls = [
        ("client", "api/prod"),
        ("api/prod", "orders-create"),
        ("api/prod", "orders-get"),
        ("api/prod", "orders-list"),
        ("api/prod", "cart"),
        ("api/prod", "payments"),
        ("api/prod", "users"),
        ("orders-create", "orders"),
        ("orders-create", "events"),
        ("orders-create", "jobs"),
        ("orders-create", "config"),
        ("orders-get", "orders"),
        ("orders-list", "orders"),
        ("cart", "carts"),
        ("cart", "redis"),
        ("payments", "stripe.com"),
        ("payments", "orders"),
        ("payments", "config"),
        ("users", "users-table"),
        ("users", "auth0.com"),
        ("jobs", "worker"),
        ("events", "mailer"),
        ("events", "audit"),
        ("worker", "orders"),
        ("worker", "dlq"),
        ("worker", "worker"),
        ("worker", "jobs"),
        ("mailer", "ses"),
        ("audit", "archive"),
        ("nightly", "orders"),
        ("nightly", "archive"),
        ("hooks", "jobs"),
    ];
    let mut names: Vec<&str> = Vec::new();
    for name in calls.iter().flat_map(|(from, to)| [from, to]) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let at = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let edges = calls.iter().map(|(from, to)| (at(from), at(to))).collect();
    (names, edges)
}

#[test]
fn a_shop_on_a_small_screen() {
    let (names, edges) = shop();
    assert_eq!(
        drawn(&names, &edges, (10, 1), (80, 20)),
        "
                                                                  ┌──▶[ses     ]
                                                   ┌──▶[mailer  ]─┘
[nightly ]────────────────────────────────────────────────────────┬─┬▶[archive ]
                                     ┌─▶[events  ]─┴──▶[audit   ]─┘ │
[hooks   ]──────────────────────────┐├─────────────────────────────┐│
                       ┌▶[orders-c]──┤┌──────────────┐             ││
                       │            └┼┴▶[jobs    ]─┐┌─────────────┬┼┴▶[orders  ]
                       ├▶[orders-g]─────────────────┘└────────────┤│
                       │            ┌┴─▶[config  ] └──▶[worker  ]─┴──▶[dlq     ]
                       ├▶[orders-l]────────────────────────────────┤
[client  ]─▶[api/prod]─┤            │┌─▶[carts   ]                 │
                       ├▶[cart    ]──┤                             │
                       │            │└─▶[redis   ]                 │
                       │            │                              │
                       ├▶[payments]─┼──▶[stripe.c]                 │
                       │            └──────────────────────────────┘
                       └▶[users   ]─┬──▶[users-ta]
                                    │
                                    └──▶[auth0.co]
"
    );
}

#[test]
fn a_shop_on_a_wide_screen() {
    let (names, edges) = shop();
    assert_eq!(
        drawn(&names, &edges, (12, 3), (118, 45)),
        "
                                                                                 ╭──────────╮          ╭──────────╮
                                                                       ┌────────▶│mailer    │─────────▶│ses       │
╭──────────╮                                                           │         ╰──────────╯          ╰──────────╯
│nightly   │─────────────────────────────────────────────────────────────┐
╰──────────╯                                                           │ └─────────────────────────┐   ╭──────────╮
                                                         ╭──────────╮  │                       ┌───┼──▶│archive   │
                                                   ┌────▶│events    │──┤         ╭──────────╮  │   │   ╰──────────╯
                                                   │     ╰──────────╯  └────────▶│audit     │──┘   │
╭──────────╮                                       │                             ╰──────────╯      │
│hooks     │─────────────────────────────────────┐ ├─────────────────────────┐                     │
╰──────────╯                                     │ │ ┌─────────────────────┐ └───────────────────┐ │
                                   ╭──────────╮  │ │ │                     │                     │ │
                               ┌──▶│orders-cre│────┤ │   ╭──────────╮      │                     │ │
                               │   ╰──────────╯  └─┼─┴──▶│jobs      │──┐   │                     │ │
                               │                   │     ╰──────────╯  │   │                     │ │   ╭──────────╮
                               │   ╭──────────╮    │                   │ ┌─────────────────────┬─┼─┴──▶│orders    │
                               ├──▶│orders-get│──────────────────────────┘ └───────────────────┤ │     ╰──────────╯
                               │   ╰──────────╯    │                   │                       │ │
                               │                   │     ╭──────────╮  │         ╭──────────╮  │ │     ╭──────────╮
                               │                 ┌─┴────▶│config    │  └────────▶│worker    │──┴──────▶│dlq       │
                               │                 │       ╰──────────╯            ╰──────────╯    │     ╰──────────╯
                               │   ╭──────────╮  │                                               │
                               ├──▶│orders-lis│──────────────────────────────────────────────────┤
╭──────────╮     ╭──────────╮  │   ╰──────────╯  │                                               │
│client    │────▶│api/prod  │──┤                 │       ╭──────────╮                            │
╰──────────╯     ╰──────────╯  │   ╭──────────╮  │ ┌────▶│carts     │                            │
                               ├──▶│cart      │────┤     ╰──────────╯                            │
                               │   ╰──────────╯  │ │                                             │
                               │                 │ │     ╭──────────╮                            │
                               │                 │ └────▶│redis     │                            │
                               │                 │       ╰──────────╯                            │
                               │                 │                                               │
                               │   ╭──────────╮  │       ╭──────────╮                            │
                               ├──▶│payments  │──┼──────▶│stripe.com│                            │
                               │   ╰──────────╯  │       ╰──────────╯                            │
                               │                 │                                               │
                               │                 └───────────────────────────────────────────────┘
                               │
                               │   ╭──────────╮          ╭──────────╮
                               └──▶│users     │──┬──────▶│users-tabl│
                                   ╰──────────╯  │       ╰──────────╯
                                                 │
                                                 │       ╭──────────╮
                                                 └──────▶│auth0.com │
                                                         ╰──────────╯
"
    );
}

#[test]
fn a_chain_is_a_straight_line() {
    assert_eq!(
        drawn(&["client", "api", "lambda"], &[(0, 1), (1, 2)], (8, 3), (40, 10)),
        "
╭──────╮      ╭──────╮      ╭──────╮
│client│─────▶│api   │─────▶│lambda│
╰──────╯      ╰──────╯      ╰──────╯
"
    );
}

#[test]
fn a_fork_and_a_join() {
    let edges = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)];
    assert_eq!(
        drawn(&["api", "a", "b", "c", "table"], &edges, (7, 3), (40, 12)),
        "
              ╭─────╮
          ┌──▶│a    │───┐
          │   ╰─────╯   │
          │             │
╭─────╮   │   ╭─────╮   │   ╭─────╮
│api  │───┼──▶│b    │───┼──▶│table│
╰─────╯   │   ╰─────╯   │   ╰─────╯
          │             │
          │   ╭─────╮   │
          └──▶│c    │───┘
              ╰─────╯
"
    );
}

#[test]
fn a_circle_goes_back_round_its_boxes() {
    assert_eq!(
        drawn(&["client", "a", "b", "c"], &[(0, 1), (1, 2), (2, 3), (3, 1)], (8, 3), (60, 12)),
        "
           ┌───────────────────────────────────────┐
           │                                       │
╭──────╮   │   ╭──────╮      ╭──────╮      ╭──────╮│
│client│───┴──▶│a     │─────▶│b     │─────▶│c     │┘
╰──────╯       ╰──────╯      ╰──────╯      ╰──────╯
"
    );
    assert_eq!(
        drawn(&["a", "b"], &[(0, 1), (1, 0)], (5, 3), (60, 12)),
        "
┌─────────────────┐
│                 │
│ ╭───╮      ╭───╮│
└▶│a  │─────▶│b  │┘
  ╰───╯      ╰───╯
"
    );
}

#[test]
fn a_long_line_passes_between_boxes() {
    assert_eq!(
        drawn(&["a", "b", "c", "d"], &[(0, 1), (1, 2), (2, 3), (0, 3)], (5, 3), (60, 12)),
        "
            ╭───╮      ╭───╮
        ┌──▶│b  │─────▶│c  │───┐
        │   ╰───╯      ╰───╯   │
╭───╮   │                      │   ╭───╮
│a  │───┴──────────────────────┴──▶│d  │
╰───╯                              ╰───╯
"
    );
}

#[test]
fn callers_that_change_places_cross_once() {
    let edges = [(0, 3), (1, 2), (0, 2), (1, 3)];
    assert_eq!(
        drawn(&["a", "b", "c", "d"], &edges, (5, 3), (60, 12)),
        "
╭───╮         ╭───╮
│a  │───┬─┬──▶│c  │
╰───╯   │ │   ╰───╯
        │ │
╭───╮   │ │   ╭───╮
│b  │───┴─┴──▶│d  │
╰───╯         ╰───╯
"
    );
}

#[test]
fn lines_share_the_rows_of_a_tall_box() {
    assert_eq!(
        drawn(&["a", "b", "table"], &[(0, 2), (1, 2)], (7, 4), (60, 12)),
        "
╭─────╮
│a    │───┐
│     │   │   ╭─────╮
╰─────╯   └──▶│table│
          ┌──▶│     │
╭─────╮   │   ╰─────╯
│b    │───┘
│     │
╰─────╯
"
    );
}

#[test]
fn what_is_apart_stands_apart_and_what_is_alone_below() {
    let names = ["a", "x", "b", "y", "one", "two", "three"];
    assert_eq!(
        drawn(&names, &[(0, 2), (1, 3)], (7, 3), (60, 20)),
        "
╭─────╮      ╭─────╮
│a    │─────▶│b    │
╰─────╯      ╰─────╯

╭─────╮      ╭─────╮
│x    │─────▶│y    │
╰─────╯      ╰─────╯

╭─────╮      ╭─────╮
│one  │      │two  │
╰─────╯      ╰─────╯
╭─────╮
│three│
╰─────╯
"
    );
    assert_eq!(
        drawn(&["one", "two", "three", "four"], &[], (7, 3), (27, 20)),
        "
╭─────╮   ╭─────╮   ╭─────╮
│one  │   │two  │   │three│
╰─────╯   ╰─────╯   ╰─────╯
╭─────╮
│four │
╰─────╯
"
    );
}

#[test]
fn ascii_has_a_glyph_for_every_stroke() {
    let sizes = [Size { width: 5, height: 1 }; 4];
    let plan = lay_out(&sizes, &[(0, 1), (0, 2), (1, 3), (2, 3)], (60, 12));
    assert_eq!(
        format!("\n{}", drawing(&plan, &["a", "b", "c", "d"], true)),
        "
        +-->[b  ]---+
[a  ]---+           +-->[d  ]
        +-->[c  ]---+
"
    );
    for bits in 0..32 {
        assert!(Stroke(bits).glyph(true).is_ascii());
    }
}

#[test]
fn says_when_the_boxes_are_too_wide() {
    let fits = |width, columns| lay_out(&[Size { width, height: 3 }; 3], &[(0, 1), (1, 2)], (columns, 9)).fits;
    assert!(fits(10, 34) && fits(10, 32) && !fits(10, 31) && fits(9, 31));
}

#[test]
fn odd_edges_are_left_out_or_doubled() {
    let plan = lay_out(&[Size { width: 5, height: 3 }; 3], &[(0, 1), (9, 1), (1, 1), (0, 1), (1, 7)], (60, 12));
    assert_eq!(plan.lines.iter().map(|line| line.edge).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(plan.lines[0].cells, plan.lines[1].cells);
    assert_eq!(plan.self_loops, [1]);
    assert_eq!(lay_out(&[], &[(0, 1)], (80, 20)), Plan { fits: true, ..Plan::default() });
    let nothing = Size { width: 0, height: 0 };
    assert_eq!(lay_out(&[nothing; 2], &[(0, 1)], (0, 0)).size, (3, 1));
    let huge = Size { width: u16::MAX, height: u16::MAX };
    assert!(!lay_out(&[huge; 300], &[(0, 1), (1, 299)], (u16::MAX, u16::MAX)).places.is_empty());
}

#[test]
fn arrow_keys_follow_lines_and_rows() {
    let (names, edges) = shop();
    let plan = lay_out(&vec![Size { width: 15, height: 3 }; names.len()], &edges, (160, 45));
    let go = |from: &str, keys: &[Direction]| {
        let at = names.iter().position(|name| *name == from).unwrap();
        let to = keys.iter().try_fold(at, |at, key| neighbour(&plan, at, *key));
        to.map(|at| names[at])
    };
    assert_eq!(go("client", &[Direction::Right]), Some("api/prod"));
    assert_eq!(go("api/prod", &[Direction::Left]), Some("client"));
    assert_eq!(go("client", &[Direction::Left]), None);
    assert_eq!(go("users", &[Direction::Right, Direction::Left]), Some("users"));
    assert_eq!(go("orders-list", &[Direction::Up]), Some("orders-get"));
    assert_eq!(go("orders-list", &[Direction::Down, Direction::Up]), Some("orders-list"));
    assert_eq!(neighbour(&plan, 99, Direction::Up), None);
}

/// What holds for every map.
fn check(plan: &Plan, sizes: &[Size], edges: &[(usize, usize)]) {
    assert_eq!(plan.places.len(), sizes.len());
    let corners = |place: &Place| {
        let (x, y) = (u32::from(place.x), u32::from(place.y));
        (x, y, x + u32::from(place.width), y + u32::from(place.height))
    };
    for (at, place) in plan.places.iter().enumerate() {
        let (left, top, right, bottom) = corners(place);
        assert!(right <= u32::from(plan.size.0) && bottom <= u32::from(plan.size.1), "{place:?} in {:?}", plan.size);
        for other in &plan.places[at + 1..] {
            let (x, y, end, below) = corners(other);
            assert!(end <= left || x >= right || below <= top || y >= bottom, "{place:?} and {other:?} overlap");
        }
    }
    let wanted = edges.iter().filter(|(from, to)| *from < sizes.len() && *to < sizes.len() && from != to);
    assert_eq!(plan.lines.len(), wanted.count());
    for line in &plan.lines {
        assert_eq!((line.from, line.to), edges[line.edge]);
        let (from, to) = (plan.places[line.from], plan.places[line.to]);
        let (first, last) = (line.cells[0], line.cells[line.cells.len() - 1]);
        assert!(first.2.contains(Stroke::LEFT) && from.contains(first.0 - 1, first.1), "{line:?} leaves {from:?}");
        assert!(last.2.contains(Stroke::HEAD | Stroke::RIGHT) && to.contains(last.0 + 1, last.1), "{line:?}");
        for step in line.cells.windows(2) {
            let ((x, y, out), (to_x, to_y, into)) = (step[0], step[1]);
            let (side, other) = match (i32::from(to_x) - i32::from(x), i32::from(to_y) - i32::from(y)) {
                (1, 0) => (Stroke::RIGHT, Stroke::LEFT),
                (-1, 0) => (Stroke::LEFT, Stroke::RIGHT),
                (0, 1) => (Stroke::DOWN, Stroke::UP),
                (0, -1) => (Stroke::UP, Stroke::DOWN),
                step => panic!("{line:?} jumps by {step:?}"),
            };
            assert!(out.contains(side) && into.contains(other) && !out.contains(Stroke::HEAD), "{line:?}");
        }
    }
    for ((y, x), cell) in plan.cells() {
        assert!(x < plan.size.0 && y < plan.size.1);
        assert!(plan.places.iter().all(|place| !place.contains(x, y)), "a line in a box at {x}, {y}");
        // Lines that run in one another have a caller or a callee in common: nothing seems joined that is not.
        let strokes = |from: usize| {
            let own = cell.lines.iter().map(|at| &plan.lines[*at]).filter(|line| line.from == from);
            let own: Vec<&Line> = own.collect();
            let cells = own.iter().flat_map(|line| line.cells.iter().filter(|cell| (cell.0, cell.1) == (x, y)));
            (
                cells.fold(Stroke::default(), |all, cell| all | cell.2),
                own.iter().map(|line| line.to).collect::<Vec<_>>(),
            )
        };
        let mut callers: Vec<usize> = cell.lines.iter().map(|at| plan.lines[*at].from).collect();
        callers.sort_unstable();
        callers.dedup();
        for (at, caller) in callers.iter().enumerate() {
            let (stroke, callees) = strokes(*caller);
            for other in &callers[at + 1..] {
                let (crossing, others) = strokes(*other);
                let both = [stroke, crossing];
                let crosses =
                    both.contains(&(Stroke::UP | Stroke::DOWN)) && both.contains(&(Stroke::LEFT | Stroke::RIGHT));
                assert!(
                    crosses || callees.iter().any(|callee| others.contains(callee)),
                    "{caller} to {callees:?} and {other} to {others:?} look joined at {x}, {y}"
                );
            }
        }
    }
}

prop_compose! {
    fn any_graph()(count in 1_usize..40)(
        sizes in prop::collection::vec((0_u16..20, 0_u16..7).prop_map(|(width, height)| Size { width, height }), count),
        edges in prop::collection::vec((0..count + 1, 0..count + 1), 0..count * 2),
        room in (0_u16..220, 0_u16..70),
    ) -> (Vec<Size>, Vec<(usize, usize)>, (u16, u16)) {
        (sizes, edges, room)
    }
}

proptest! {
    #[test]
    fn any_graph_is_drawn_as_it_is((sizes, edges, room) in any_graph()) {
        let plan = lay_out(&sizes, &edges, room);
        check(&plan, &sizes, &edges);
        prop_assert_eq!(plan.fits, plan.size.0 <= room.0);
        prop_assert_eq!(&plan, &lay_out(&sizes, &edges, room));
        for direction in [Direction::Left, Direction::Right, Direction::Up, Direction::Down] {
            for from in 0..sizes.len() + 1 {
                prop_assert_ne!(neighbour(&plan, from, direction), Some(from));
            }
        }
    }
}
