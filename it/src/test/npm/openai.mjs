// Asks the server at the given address in the ways that users of the client do; prints what it heard as one JSON object.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'EMPTY', maxRetries: 0 });
const chat = { model: 'stheno-8m', temperature: 0, max_tokens: 64, messages: [{ role: 'user', content: 'Who are you?' }] };

const whole = await client.chat.completions.create(chat);

let streamed = '';
let usage = null;
for await (const chunk of await client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } })) {
  streamed += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
}

let completion = '';
for await (const chunk of await client.completions.create({
  model: 'stheno-8m',
  temperature: 0,
  max_tokens: 64,
  prompt: '[INST] Who are you? [/INST]',
  stream: true,
})) {
  completion += chunk.choices[0]?.text ?? '';
}

const models = [];
for await (const model of client.models.list()) {
  models.push(model.id);
}

let mistake = null;
try {
  await client.chat.completions.create({ ...chat, top_p: 7 });
} catch (error) {
  mistake = { status: error.status, name: error.constructor.name, message: error.message };
}

console.log(JSON.stringify({ chat: whole.choices[0].message.content, streamed, usage, completion, models, mistake }));
