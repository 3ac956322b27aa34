package dev.gorgon.server;

/**
 * One token of a tokenized text.
 *
 * @param id token id
 * @param text raw vocabulary entry, with its word-boundary marks
 * @param start first character it covers, counted in Unicode code points
 * @param stop character after the last one it covers
 */
public record Piece(int id, String text, int start, int stop) {}
