//! An X-Ray segment document, as far as the waterfall needs it. What has another type than it should is taken for absent: a
//! strange field must not cost its segment. The rest of the document is skipped and read when somebody looks at it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

/// A segment, or a subsegment in one.
#[derive(Deserialize, Default)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Segment<'a> {
    #[serde(default)]
    pub id: Text<'a>,
    #[serde(default)]
    pub name: Text<'a>,
    #[serde(default)]
    pub parent_id: Text<'a>,
    #[serde(default)]
    pub origin: Text<'a>,
    #[serde(default)]
    pub namespace: Text<'a>,
    #[serde(default)]
    pub start_time: Number,
    #[serde(default)]
    pub end_time: Number,
    #[serde(default)]
    pub in_progress: Flag,
    #[serde(default)]
    pub fault: Flag,
    #[serde(default)]
    pub error: Flag,
    #[serde(default)]
    pub throttle: Flag,
    #[serde(default)]
    pub inferred: Flag,
    #[serde(default)]
    pub http: Maybe<Http>,
    #[serde(default)]
    pub aws: Maybe<Aws<'a>>,
    #[serde(default)]
    pub cause: Cause<'a>,
    #[serde(default)]
    pub links: Several<Link<'a>>,
    #[serde(default)]
    pub subsegments: Several<Segment<'a>>,
}

#[derive(Deserialize, Default)]
pub struct Http {
    #[serde(default)]
    pub response: Maybe<Response>,
}

#[derive(Deserialize, Default)]
pub struct Response {
    #[serde(default)]
    pub status: Number,
}

#[derive(Deserialize, Default)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Aws<'a> {
    #[serde(default)]
    pub operation: Text<'a>,
    #[serde(default)]
    pub request_id: Text<'a>,
    #[serde(default)]
    pub api_gateway: Maybe<Gateway<'a>>,
    #[serde(default)]
    pub table_name: Text<'a>,
    #[serde(default)]
    pub queue_url: Text<'a>,
    #[serde(default)]
    pub topic_arn: Text<'a>,
    #[serde(default)]
    pub bucket_name: Text<'a>,
    #[serde(default)]
    pub function_name: Text<'a>,
    #[serde(default)]
    pub function_arn: Text<'a>,
    #[serde(default)]
    pub resource_names: Several<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Gateway<'a> {
    #[serde(default)]
    pub request_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Link<'a> {
    #[serde(default)]
    pub trace_id: Text<'a>,
    #[serde(default)]
    pub id: Text<'a>,
    #[serde(default)]
    pub attributes: Maybe<LinkAttributes<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct LinkAttributes<'a> {
    #[serde(default, rename = "aws.xray.reserved.reference_type", alias = "ReferenceType")]
    pub reference_type: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Exception<'a> {
    #[serde(default)]
    pub id: Text<'a>,
    #[serde(default, rename = "type")]
    pub kind: Text<'a>,
    #[serde(default)]
    pub message: Text<'a>,
}

/// The exceptions of a segment, or the id of one that another segment has.
#[derive(Default)]
pub struct Cause<'a> {
    /// The id of an exception elsewhere.
    pub id: Option<Cow<'a, str>>,
    /// Exceptions here.
    pub exceptions: Vec<Exception<'a>>,
}

/// A text, or nothing.
#[derive(Default)]
pub struct Text<'a>(pub Option<Cow<'a, str>>);

/// A number, or nothing.
#[derive(Default, Clone, Copy)]
pub struct Number(pub Option<f64>);

/// True, or anything else.
#[derive(Default, Clone, Copy)]
pub struct Flag(pub bool);

/// An object, or nothing.
#[derive(Default)]
pub struct Maybe<T>(pub T);

/// A list of objects, or nothing; how many of its elements were something else.
pub struct Several<T> {
    /// Those that are what they should be.
    pub items: Vec<T>,
    /// Those that are not.
    pub strange: usize,
}

impl<T> Default for Several<T> {
    fn default() -> Self {
        Several { items: Vec::new(), strange: 0 }
    }
}

impl Text<'_> {
    /// Its text, made fit for one row.
    pub fn line(&self) -> Option<String> {
        self.0.as_deref().filter(|text| !text.is_empty()).map(|text| crate::text::safe_line(text).into_owned())
    }
}

/// What a visitor does with all that it does not look for: passes over it.
macro_rules! others {
    ($($method:ident $type:ty),*) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        $(fn $method<E: Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Default::default())
        })*
    };
}

/// The same for whole containers.
macro_rules! passes {
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text<'de>;
            others!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64);
            passes!(map);
            passes!(seq);
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Owned(text.to_string()))))
            }
        }
        from.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Number;
            others!(visit_bool bool);
            passes!(map);
            passes!(seq);
            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(Some(number).filter(|number| number.is_finite())))
            }
            // Some agents write their numbers in quotes.
            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.parse().ok().filter(|number: &f64| number.is_finite())))
            }
        }
        from.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Flag;
            others!(visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str);
            passes!(map);
            passes!(seq);
            fn visit_bool<E: Error>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }
        }
        from.deserialize_any(Any)
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Any<T> {
            type Value = Maybe<T>;
            others!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str);
            passes!(seq);
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Maybe<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Maybe)
            }
        }
        from.deserialize_any(Any(PhantomData))
    }
}

/// An element of a list: what it should be, or something else.
#[derive(Default)]
enum Element<T> {
    Right(T),
    #[default]
    Strange,
}

impl<'de, T: Item<'de>> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::element(from)
    }
}

/// What stands in lists: objects, and in some of them texts.
trait Item<'de>: Sized {
    fn element<D: Deserializer<'de>>(from: D) -> Result<Element<Self>, D::Error>;
}

macro_rules! object_items {
    ($($type:ident),*) => {$(
        impl<'de: 'a, 'a> Item<'de> for $type<'a> {
            fn element<D: Deserializer<'de>>(from: D) -> Result<Element<Self>, D::Error> {
                struct Any<'a>(PhantomData<&'a ()>);
                impl<'de: 'a, 'a> Visitor<'de> for Any<'a> {
                    type Value = Element<$type<'a>>;
                    others!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str);
                    passes!(seq);
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                        $type::deserialize(MapAccessDeserializer::new(map)).map(Element::Right)
                    }
                }
                from.deserialize_any(Any(PhantomData))
            }
        }
    )*};
}

object_items!(Segment, Link, Exception);

impl<'de: 'a, 'a> Item<'de> for Text<'a> {
    fn element<D: Deserializer<'de>>(from: D) -> Result<Element<Self>, D::Error> {
        let text = Text::deserialize(from)?;
        Ok(if text.0.is_some() { Element::Right(text) } else { Element::Strange })
    }
}

impl<'de, T: Item<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Item<'de>> Visitor<'de> for Any<T> {
            type Value = Several<T>;
            others!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str);
            passes!(map);
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Several<T>, A::Error> {
                let mut several = Several::default();
                while let Some(element) = seq.next_element::<Element<T>>()? {
                    match element {
                        Element::Right(item) => several.items.push(item),
                        Element::Strange => several.strange += 1,
                    }
                }
                Ok(several)
            }
        }
        from.deserialize_any(Any(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cause<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(bound(deserialize = "'de: 'a"))]
        struct Exceptions<'a> {
            #[serde(default)]
            exceptions: Several<Exception<'a>>,
        }
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Cause<'de>;
            others!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64);
            passes!(seq);
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cause<'de>, E> {
                Ok(Cause { id: Some(Cow::Borrowed(text)), exceptions: Vec::new() })
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Cause<'de>, E> {
                Ok(Cause { id: Some(Cow::Owned(text.to_string())), exceptions: Vec::new() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cause<'de>, A::Error> {
                let inner = Exceptions::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Cause { id: None, exceptions: inner.exceptions.items })
            }
        }
        from.deserialize_any(Any)
    }
}
