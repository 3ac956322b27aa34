package dev.gorgon.client.json;

/** JSON's null as an element of an array; members that are null are left out of objects when reading. */
enum JsonNull {
    NULL
}
