/**
 * Files from S3 buckets and servers that speak S3's protocol. Only {@code S3Store} and its neighbours use the SDK's classes, so
 * that a server without S3 adapters never loads them.
 */
@NullMarked
package dev.gorgon.hub.s3;

import org.jspecify.annotations.NullMarked;
