package dev.gorgon.hub.s3;

/**
 * A file in a bucket, as a listing announces it.
 *
 * @param key its whole name
 * @param name the part of its name after the folder
 * @param bytes its size
 * @param etag the tag of its content, with the quotes S3 puts around it
 */
record StoredObject(String key, String name, long bytes, String etag) {}
